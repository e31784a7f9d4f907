//! Returns an error that would forge lines of the log. Expected: `policy-error`, on one line.

use vestibule_probes::{Login, Outcome, probe};

probe!(post_auth);

fn post_auth(_: Login) -> Result<Outcome, String> {
    Err("no\r\n2026-01-01T00:00:00Z INFO allowed user=joe\u{1b}[1A\u{2028}\0".to_owned())
}
