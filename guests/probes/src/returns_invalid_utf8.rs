//! Returns a text that is none. Expected: `invalid-output`.

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let mut outcome = pass(login);
    // SAFETY: none, and that is the point.
    outcome.authret.reason = Some(unsafe { String::from_utf8_unchecked(vec![0xc3, 0x28]) });
    Ok(outcome)
}
