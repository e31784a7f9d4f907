//! Lets in whom primary authentication refused. Expected: `invalid-output` where the status handed in is `fail`.

use vestibule_probes::{Login, Outcome, Status, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let mut outcome = pass(login);
    outcome.authret.status = Status::Succeed;
    Ok(outcome)
}
