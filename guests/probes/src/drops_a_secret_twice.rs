//! Gives the same handle back twice. Expected: `trap`.

use vestibule_probes::{Login, Outcome, manifest_with_token, pass, probe, secrets};

probe!(post_auth, || manifest_with_token(env!("CARGO_CRATE_NAME")));

fn post_auth(login: Login) -> Result<Outcome, String> {
    let secret = secrets::get("token").ok_or("no `token`")?;
    // SAFETY: none, and that is the point.
    drop(unsafe { secrets::Secret::from_handle(secret.handle()) });
    drop(secret);
    Ok(pass(login))
}
