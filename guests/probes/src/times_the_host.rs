//! Complains if any clock runs while it computes. Expected: allowed.

use std::time::{Instant, SystemTime};

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let (before, wall) = (Instant::now(), SystemTime::now());
    (0..1_000_000).for_each(|number| {
        std::hint::black_box(number);
    });
    if before.elapsed().is_zero() && SystemTime::now() == wall {
        Ok(pass(login))
    } else {
        Err(format!("it took {:?}", before.elapsed()))
    }
}
