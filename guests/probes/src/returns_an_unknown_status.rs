//! Returns a status that is neither success nor failure. Expected: `invalid-output`.

use vestibule_probes::{Login, Outcome, Status, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let mut outcome = pass(login);
    // SAFETY: none, and that is the point.
    outcome.authret.status = unsafe { std::mem::transmute::<u8, Status>(std::hint::black_box(7)) };
    Ok(outcome)
}
