//! Wants to reach every origin there is. Expected: refused with `invalid-output`.

use vestibule_probes::{Login, Manifest, Outcome, manifest, pass, probe};

probe!(post_auth, wanting_everything);

fn wanting_everything() -> Manifest {
    Manifest { wants_http: vec!["https://*".to_owned()], ..manifest(env!("CARGO_CRATE_NAME")) }
}

fn post_auth(login: Login) -> Result<Outcome, String> {
    Ok(pass(login))
}
