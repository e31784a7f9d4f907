//! Declares 3.5 GiB of memory. Expected: refused, for its memory.

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

/// Rust allows no object of 2 GiB, so these are two.
static mut HOARD: [u8; 0x7000_0000] = [0; 0x7000_0000];
static mut ANOTHER: [u8; 0x7000_0000] = [0; 0x7000_0000];

fn post_auth(login: Login) -> Result<Outcome, String> {
    std::hint::black_box((&raw mut HOARD, &raw mut ANOTHER));
    Ok(pass(login))
}
