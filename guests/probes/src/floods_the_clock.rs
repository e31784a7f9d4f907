//! Asks for the time over and over. Expected: `host-call-budget`.

use vestibule_probes::{Login, Outcome, probe, wall_clock};

probe!(post_auth);

fn post_auth(_: Login) -> Result<Outcome, String> {
    loop {
        std::hint::black_box(wall_clock::now());
    }
}
