//! Saves one property with two values. Expected: `invalid-output`.

use vestibule_probes::{Login, Outcome, pass, probe, property};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let mut outcome = pass(login);
    outcome.proplist_save = vec![property("pvt_hw_addr", "first"), property("pvt_hw_addr", "second")];
    Ok(outcome)
}
