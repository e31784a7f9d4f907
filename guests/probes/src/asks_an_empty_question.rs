//! Asks nothing, and expects an answer. Expected: `invalid-output`.

use vestibule_probes::{Challenge, Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let question = Challenge { text: "\r\n \t".to_owned(), echo: false, values: Vec::new() };
    Ok(Outcome { challenge: Some(question), ..pass(login) })
}
