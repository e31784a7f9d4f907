//! Asks for the same setting over and over. Expected: `host-call-budget`.

use vestibule_probes::{Login, Outcome, config, probe};

probe!(post_auth);

fn post_auth(_: Login) -> Result<Outcome, String> {
    loop {
        std::hint::black_box(config::get("any"));
    }
}
