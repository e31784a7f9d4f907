//! Logins that were not even begun.
//!
//! Not for: denials, which are on record.

use std::time::Duration;

use vestibule_ledger::Refused;

/// Why a login was not even begun. It is no decision, and nothing of it is on record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Busy {
    /// More logins than the tenant's terms allow.
    #[error("the tenant has more logins than its terms allow")]
    Logins(Duration),
    /// More fuel than the tenant's terms allow.
    #[error("the tenant's policies have taken more fuel than its terms allow")]
    Fuel(Duration),
    /// Too many wait already.
    #[error(transparent)]
    Waiting(#[from] Refused),
    /// The tenant was not ready before whoever brought the login stopped waiting.
    #[error("the tenant was not ready in the login's time")]
    Late,
    /// The host ends.
    #[error("the host ends")]
    Ending,
}

impl Busy {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Logins(_) => "too-many-logins",
            Self::Fuel(_) => "too-much-fuel",
            Self::Waiting(_) | Self::Late | Self::Ending => "overloaded",
        }
    }

    /// After how long another try may succeed.
    pub const fn retry_after(&self) -> Duration {
        match self {
            Self::Logins(wait) | Self::Fuel(wait) => *wait,
            Self::Waiting(_) | Self::Late | Self::Ending => Duration::from_secs(1),
        }
    }
}
