//! Saves a credential without being granted that. Expected: `invalid-output`.

use vestibule_probes::{Login, Outcome, pass, probe, property};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let mut outcome = pass(login);
    outcome.proplist_save.push(property("pvt_password_digest", "d41d8cd98f00b204e9800998ecf8427e"));
    Ok(outcome)
}
