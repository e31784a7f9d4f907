//! Hides a second header in the value of one. Expected: `policy-error`, since the request is malformed.

use vestibule_probes::{Login, Manifest, Outcome, get, http, manifest, pass, probe, property};

probe!(post_auth, wanting_example);

fn wanting_example() -> Manifest {
    Manifest { wants_http: vec!["https://api.example.com".to_owned()], ..manifest(env!("CARGO_CRATE_NAME")) }
}

fn post_auth(login: Login) -> Result<Outcome, String> {
    let headers = vec![property("accept", "*/*\r\nauthorization: Bearer stolen")];
    let request = http::Request { headers, ..get("https://api.example.com/") };
    http::send(&request).map_err(|error| error.to_string())?;
    Ok(pass(login))
}
