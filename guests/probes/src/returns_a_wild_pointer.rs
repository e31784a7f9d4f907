//! Returns memory that it does not have. Expected: `invalid-output`.

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let mut outcome = pass(login);
    // SAFETY: none, and that is the point.
    outcome.session_state = Some(unsafe { Vec::from_raw_parts(0xffff_0000 as *mut u8, 0x8000, 0x8000) });
    Ok(outcome)
}
