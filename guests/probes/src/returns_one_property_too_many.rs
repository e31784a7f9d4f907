//! Returns 513 properties, one more than a list may have. Expected: `invalid-output`.

use vestibule_probes::{Login, Outcome, pass, probe, property};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let mut outcome = pass(login);
    outcome.authret.proplist = (0..513).map(|number| property(&format!("prop_{number}"), "x")).collect();
    Ok(outcome)
}
