//! What the world outside contributes to a call: the time and a seed, fixed before it begins.
//!
//! Not for: what the policy asks for while it runs; see [`crate::capability`].

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// The time of a login and the seed of its randomness. Recorded with the call; the same inputs give the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallInputs {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix_seconds: u64,
    /// Where the call's random bytes come from. Unpredictable, unless a call is to be repeated.
    pub seed: [u8; 32],
}

impl CallInputs {
    /// The present: the system's clock, and a seed from the thread's generator, which the operating system seeds.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where a call's time comes from")]
    pub fn now() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { unix_seconds: since_epoch.as_secs(), seed: rand::random() }
    }

    /// A chosen time and a seed of zeros: for tests, and for trying a policy at another time.
    pub const fn at(unix_seconds: u64) -> Self {
        Self { unix_seconds, seed: [0; 32] }
    }
}
