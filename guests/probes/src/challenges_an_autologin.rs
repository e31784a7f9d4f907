//! Asks a question whoever logs in. Expected: `invalid-output` for an `autologin`, where nobody is there to answer.

use vestibule_probes::{Challenge, Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let question = Challenge { text: "What is your code?".to_owned(), echo: false, values: Vec::new() };
    Ok(Outcome { challenge: Some(question), ..pass(login) })
}
