//! Hides commands in what the client is told. Expected: denied, with a clean text.

use vestibule_probes::{Login, Outcome, fail, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let mut outcome = fail(login);
    let text = "say \"no\"\r\nclient-auth 0 0\nEND\u{1b}[2J\u{202e}\\\0";
    outcome.authret.client_reason = Some(text.to_owned());
    Ok(outcome)
}
