//! Logs a thousand lines. Expected: allowed; 64 lines kept, 936 counted.

use vestibule_probes::{Login, Outcome, log, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    for number in 0..1000 {
        log::write(log::Level::Info, &format!("line {number}"), &[]);
    }
    Ok(pass(login))
}
