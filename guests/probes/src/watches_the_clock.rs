//! Complains if time passes while it computes. Expected: allowed.

use vestibule_probes::{Login, Outcome, pass, probe, wall_clock};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let before = wall_clock::now();
    (0..1_000_000).for_each(|number| {
        std::hint::black_box(number);
    });
    let after = wall_clock::now();
    if (before.seconds, before.nanoseconds) == (after.seconds, after.nanoseconds) {
        Ok(pass(login))
    } else {
        Err(format!("{before:?} became {after:?}"))
    }
}
