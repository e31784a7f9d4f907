//! The time of the login.
//!
//! Not for: measuring; the clock stands still while a policy runs.

pub use crate::bindings::wasi::clocks::wall_clock::Datetime;

use crate::bindings::wasi::clocks::wall_clock;

/// Seconds since 1970-01-01T00:00:00Z.
pub fn now() -> u64 {
    wall_clock::now().seconds
}
