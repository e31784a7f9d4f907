//! Returns one property with two values. Expected: `invalid-output`.

use vestibule_probes::{Login, Outcome, pass, probe, property};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let mut outcome = pass(login);
    outcome.authret.proplist = vec![property("conn_group", "guests"), property("conn_group", "admins")];
    Ok(outcome)
}
