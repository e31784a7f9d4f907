//! Returns one megabyte 64 times over without having 64. Expected: `output-too-large`.

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let megabyte = "x".repeat(1 << 20).leak();
    let (start, len) = (megabyte.as_mut_ptr(), megabyte.len());
    let mut outcome = pass(login);
    // SAFETY: the host reads all of them and, refusing the answer, has none of them freed.
    outcome.authret.proplist =
        (0..64).map(|number| (format!("prop_{number}"), unsafe { String::from_raw_parts(start, len, len) })).collect();
    Ok(outcome)
}
