//! A tenant's door as it is in memory: its gates, and who may use them how much.
//!
//! Not for: deciding; the gate does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use vestibule_gate::{Answer, Gate};
use vestibule_ledger::Refused;

use crate::Terms;
use crate::guards::{Guards, Watched};
use crate::quotas::Quota;
use crate::trial::Trials;

/// A tenant ready for logins.
pub(crate) struct Door {
    pub(crate) terms: Terms,
    /// The active revision; 0 where none ever was.
    pub(crate) revision: i64,
    pub(crate) gate: Gate,
    /// The policy of which another version decides on some of the users.
    pub(crate) canary: Option<String>,
    /// What outlives this door.
    pub(crate) quota: Arc<Quota>,
    pub(crate) trials: Arc<Trials>,
    /// When the revision is taken back.
    pub(crate) guards: Guards,
}

/// What follows from a fault of a guarded version.
pub(crate) enum Consequence {
    /// Whether there is anything to go back to has to be found out.
    Seek(Arc<Watched>),
    /// It has failed too often.
    TakeBack(Arc<Watched>),
}

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

impl Door {
    /// Takes note of an answer, and says what follows from it.
    pub(crate) fn note(&self, answer: &Answer, now: Instant) -> Option<Consequence> {
        let policy = answer.at_fault.as_ref()?;
        let is_canary = answer.by_canary && self.canary.as_ref() == Some(policy);
        if is_canary {
            self.trials.note_fault(policy);
        }
        let watched = self.guards.of_policy(policy, is_canary)?;
        if self.trials.fault(&watched.guard, &answer.user, now) {
            return Some(Consequence::TakeBack(Arc::clone(watched)));
        }
        watched.is_to_be_sought(now).then(|| Consequence::Seek(Arc::clone(watched)))
    }
}
