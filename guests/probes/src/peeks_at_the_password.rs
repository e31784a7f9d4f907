//! Wants the password, and complains if it gets it. Expected: allowed where nobody granted that.

use vestibule_probes::{Login, Manifest, Outcome, manifest, pass, probe};

probe!(post_auth, wanting_password);

fn wanting_password() -> Manifest {
    Manifest { retain_password: true, ..manifest(env!("CARGO_CRATE_NAME")) }
}

fn post_auth(login: Login) -> Result<Outcome, String> {
    match login.authcred.password {
        None => Ok(pass(login)),
        Some(_) => Err("the host gave the password away".to_owned()),
    }
}
