//! Logs a line of two megabytes. Expected: `host-call-budget`.

use vestibule_probes::{Login, Outcome, log, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    log::write(log::Level::Info, &"x".repeat(2 << 20), &[]);
    Ok(pass(login))
}
