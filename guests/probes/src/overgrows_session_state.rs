//! Keeps one byte more than a session may. Expected: `invalid-output`.

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let mut outcome = pass(login);
    outcome.session_state = Some(vec![0; (16 << 10) + 1]);
    Ok(outcome)
}
