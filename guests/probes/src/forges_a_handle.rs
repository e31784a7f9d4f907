//! Reveals a secret through a handle that it was never given. Expected: `trap`.

use vestibule_probes::{Login, Outcome, manifest_with_token, pass, probe, secrets};

probe!(post_auth, || manifest_with_token(env!("CARGO_CRATE_NAME")));

fn post_auth(login: Login) -> Result<Outcome, String> {
    // SAFETY: none, and that is the point.
    let forged = unsafe { secrets::Secret::from_handle(77) };
    std::hint::black_box(forged.reveal());
    Ok(pass(login))
}
