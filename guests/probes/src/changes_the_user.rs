//! Lets somebody else in. Expected: `invalid-output`.

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let mut outcome = pass(login);
    outcome.authret.user = "administrator".to_owned();
    Ok(outcome)
}
