//! Reads where it has no memory. Expected: `trap`.

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let beyond = 0xffff_fff0 as *const u8;
    // SAFETY: none, and that is the point.
    std::hint::black_box(unsafe { beyond.read_volatile() });
    Ok(pass(login))
}
