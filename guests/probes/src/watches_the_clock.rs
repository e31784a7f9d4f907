//! Complains if time passes while it computes, or was another than the login's. Expected: allowed.

use std::time::{Duration, SystemTime};

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let before = now();
    (0..1_000_000).for_each(|number| {
        std::hint::black_box(number);
    });
    let after = now();
    if before == after && before.as_secs() == login.time {
        Ok(pass(login))
    } else {
        Err(format!("{before:?} became {after:?} in a login at {} s", login.time))
    }
}

fn now() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}
