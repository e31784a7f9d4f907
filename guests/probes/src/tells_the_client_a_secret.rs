//! Fails the login and gives the secret `token` as the reason. Expected: denied; stars in its place.

use vestibule_probes::{Login, Outcome, fail, manifest_with_token, probe, secrets};

probe!(post_auth, || manifest_with_token(env!("CARGO_CRATE_NAME")));

fn post_auth(login: Login) -> Result<Outcome, String> {
    let token = secrets::get("token").ok_or("no `token`")?.reveal();
    let mut outcome = fail(login);
    outcome.authret.reason = Some(format!("the token is {token}"));
    outcome.authret.client_reason = Some(format!("Your token is {token}"));
    Ok(outcome)
}
