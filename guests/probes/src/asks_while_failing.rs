//! Fails the login and asks a question. Expected: challenged, and nobody is let in.

use vestibule_probes::{Challenge, Login, Outcome, fail, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let question = Challenge { text: "What is your code?".to_owned(), echo: false, values: Vec::new() };
    Ok(Outcome { challenge: Some(question), ..fail(login) })
}
