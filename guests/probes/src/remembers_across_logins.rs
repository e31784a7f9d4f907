//! Counts its logins, and complains about the second. Expected: allowed, every time.

use std::sync::atomic::{AtomicU32, Ordering};

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

static LOGINS: AtomicU32 = AtomicU32::new(0);

fn post_auth(login: Login) -> Result<Outcome, String> {
    match LOGINS.fetch_add(1, Ordering::Relaxed) {
        0 => Ok(pass(login)),
        earlier => Err(format!("{earlier} logins came before this one")),
    }
}
