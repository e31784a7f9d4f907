//! Logs a line of half a megabyte. Expected: allowed; the line cut.

use vestibule_probes::{Login, Outcome, log, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    log::write(log::Level::Info, &"x".repeat(1 << 19), &[]);
    Ok(pass(login))
}
