//! Starts with more memory than a call may have. Expected: refused with `out-of-memory`, since its manifest cannot be asked for.

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

/// Zeros, so that the component itself stays small.
static mut HOARD: [u8; 100 << 20] = [0; 100 << 20];

fn post_auth(login: Login) -> Result<Outcome, String> {
    std::hint::black_box(&raw mut HOARD);
    Ok(pass(login))
}
