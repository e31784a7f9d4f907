//! Returns a property of 4097 bytes, one more than a value may have. Expected: `invalid-output`.

use vestibule_probes::{Login, Outcome, pass, probe, property};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let mut outcome = pass(login);
    outcome.authret.proplist.push(property("prop_cli.script.all.user.connect", &"x".repeat(4097)));
    Ok(outcome)
}
