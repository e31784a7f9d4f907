//! Makes the user an administrator without being granted that. Expected: `invalid-output`.

use vestibule_probes::{Login, Outcome, pass, probe, property};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let mut outcome = pass(login);
    outcome.authret.proplist.push(property("prop_superuser", "true"));
    Ok(outcome)
}
