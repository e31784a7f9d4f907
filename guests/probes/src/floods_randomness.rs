//! Takes random bytes without end. Expected: `host-call-budget`.

use vestibule_probes::{Login, Outcome, probe, random};

probe!(post_auth);

fn post_auth(_: Login) -> Result<Outcome, String> {
    loop {
        std::hint::black_box(random::bytes(16));
    }
}
