//! Randomness of this login alone, recorded with it.
//!
//! Not for: large amounts; a call may draw 4 KiB unless its tenant says otherwise.

use crate::bindings::wasi::random::random;

/// Unpredictable octets.
pub fn bytes(count: u64) -> Vec<u8> {
    random::get_random_bytes(count)
}

/// Eight of them as a number.
pub fn number() -> u64 {
    random::get_random_u64()
}
