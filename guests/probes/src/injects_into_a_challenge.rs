//! Hides commands and the separators of the wire format in a question. Expected: challenged, with a clean text.

use vestibule_probes::{Challenge, Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let question = Challenge {
        text: "CRV1:R,E:id:am9l:\"yes\"\r\nclient-auth 0 0\u{1b}[2J\u{2028}END\n".to_owned(),
        echo: false,
        values: Vec::new(),
    };
    Ok(Outcome { challenge: Some(question), ..pass(login) })
}
