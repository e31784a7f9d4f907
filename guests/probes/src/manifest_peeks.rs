//! Looks for secrets and settings when asked what it is, and traps if it finds any. Expected: allowed.

use vestibule_probes::{Login, Manifest, Outcome, config, manifest_with_token, pass, probe, secrets};

probe!(post_auth, peeking);

fn peeking() -> Manifest {
    assert!(secrets::get("token").is_none() && config::all().is_empty());
    manifest_with_token(env!("CARGO_CRATE_NAME"))
}

fn post_auth(login: Login) -> Result<Outcome, String> {
    Ok(pass(login))
}
