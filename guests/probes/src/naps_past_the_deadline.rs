//! Sleeps for an hour, a moment at a time. Expected: `deadline`.

use std::thread;
use std::time::Duration;

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    (0..36_000).for_each(|_| thread::sleep(Duration::from_millis(100)));
    Ok(pass(login))
}
