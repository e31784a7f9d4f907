//! Sleeps for an hour. Expected: `deadline`.

use std::thread;
use std::time::Duration;

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    thread::sleep(Duration::from_secs(3600));
    Ok(pass(login))
}
