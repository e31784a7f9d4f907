//! Logs a line with a thousand fields. Expected: allowed; 16 of them kept.

use vestibule_probes::{Login, Outcome, log, pass, probe, property};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let fields: Vec<_> = (0..1000).map(|number| property(&format!("field-{number}"), "x")).collect();
    log::write(log::Level::Info, "a line with a thousand fields", &fields);
    Ok(pass(login))
}
