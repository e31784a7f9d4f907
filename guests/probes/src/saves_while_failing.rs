//! Saves a property and fails the login. Expected: denied, with nothing saved.

use vestibule_probes::{Login, Outcome, fail, probe, property};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let mut outcome = fail(login);
    outcome.proplist_save.push(property("pvt_hw_addr", "02:00:00:00:00:01"));
    Ok(outcome)
}
