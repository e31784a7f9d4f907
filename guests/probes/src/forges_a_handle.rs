//! Reveals a secret through a handle that it was never given. Expected: `trap`.

use vestibule_probes::{Login, Outcome, pass, probe, secrets};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    // SAFETY: none, and that is the point.
    let forged = unsafe { secrets::Secret::from_handle(77) };
    std::hint::black_box(forged.reveal());
    Ok(pass(login))
}
