//! Names a hundred thousand origins. Expected: refused with `output-too-large`.

use vestibule_probes::{Login, Manifest, Outcome, manifest, pass, probe};

probe!(post_auth, flooding);

fn flooding() -> Manifest {
    Manifest { wants_http: vec!["https://api.example.com".to_owned(); 100_000], ..manifest(env!("CARGO_CRATE_NAME")) }
}

fn post_auth(login: Login) -> Result<Outcome, String> {
    Ok(pass(login))
}
