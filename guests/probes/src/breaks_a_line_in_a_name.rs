//! Returns a property whose name holds a line break and another property. Expected: `invalid-output`.

use vestibule_probes::{Login, Outcome, pass, probe, property};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let mut outcome = pass(login);
    outcome.authret.proplist.push(property("conn_group\nprop_superuser", "true"));
    Ok(outcome)
}
