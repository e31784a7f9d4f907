//! Logs without end. Expected: `host-call-budget`.

use vestibule_probes::{Login, Outcome, log, probe};

probe!(post_auth);

fn post_auth(_: Login) -> Result<Outcome, String> {
    loop {
        log::write(log::Level::Error, "again", &[]);
    }
}
