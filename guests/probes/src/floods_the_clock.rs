//! Asks for the time over and over. Expected: `host-call-budget`.

use std::time::SystemTime;

use vestibule_probes::{Login, Outcome, probe};

probe!(post_auth);

fn post_auth(_: Login) -> Result<Outcome, String> {
    loop {
        std::hint::black_box(SystemTime::now());
    }
}
