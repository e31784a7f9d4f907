//! Randomness of this login alone, recorded with it.
//!
//! Not for: large amounts; a call may draw 16 KiB unless its tenant says otherwise.

pub use crate::bindings::vestibule::policy::random::bytes;

/// Eight unpredictable octets as a number.
pub fn number() -> u64 {
    bytes(8).into_iter().fold(0, |number, octet| (number << 8) | u64::from(octet))
}
