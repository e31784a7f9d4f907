//! Logs a line that looks like several by other authors. Expected: allowed; one line without control characters.

use vestibule_probes::{Login, Outcome, log, pass, probe, property};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let fields = [property("user", "joe\nuser=root"), property("level\r\n", "\u{1b}[31mERROR\u{2029}\0")];
    log::write(log::Level::Debug, "fine\r\n2026-01-01T00:00:00Z ERROR gate: allowed root\u{1b}[1A", &fields);
    Ok(pass(login))
}
