//! Logs the secret `token` by itself, in a sentence and in a field. Expected: allowed; stars in its place.

use vestibule_probes::{Login, Outcome, log, manifest_with_token, pass, probe, property, secrets};

probe!(post_auth, || manifest_with_token(env!("CARGO_CRATE_NAME")));

fn post_auth(login: Login) -> Result<Outcome, String> {
    let token = secrets::get("token").ok_or("no `token`")?.reveal();
    log::write(log::Level::Info, &token, &[]);
    log::write(log::Level::Info, &format!("sent {token}, got nothing"), &[property("token", &token)]);
    Ok(pass(login))
}
