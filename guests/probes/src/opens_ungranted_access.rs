//! Gives the user a route that only groups may give. Expected: `invalid-output`.

use vestibule_probes::{Login, Outcome, pass, probe, property};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let mut outcome = pass(login);
    outcome.authret.proplist.push(property("access_to.0", "+ROUTE:0.0.0.0/0"));
    Ok(outcome)
}
