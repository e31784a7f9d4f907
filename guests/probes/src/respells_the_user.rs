//! Returns the user name as entered, in capitals. Expected: `invalid-output`.

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let entered = login.authcred.username.to_uppercase();
    let mut outcome = pass(login);
    outcome.authret.user = entered;
    Ok(outcome)
}
