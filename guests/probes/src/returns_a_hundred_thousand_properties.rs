//! Returns more properties than a transfer carries. Expected: `output-too-large`.

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let mut outcome = pass(login);
    outcome.authret.proplist = vec![(String::new(), String::new()); 100_000];
    Ok(outcome)
}
