//! A tenant's runtime as it is in memory: its gates, and who may use them how much.
//!
//! Not for: deciding; the gate does.

use std::sync::Arc;
use std::time::Instant;

use vestibule_api::Terms;
use vestibule_gate::{Answer, Gate};

use crate::guards::{Guards, Watched};
use crate::quotas::TenantQuota;
use crate::trial::Trials;

/// A tenant ready for logins.
pub(crate) struct TenantRuntime {
    pub(crate) terms: Terms,
    /// The active revision; 0 where none ever was.
    pub(crate) revision: i64,
    pub(crate) gate: Gate,
    /// The policy of which another version decides on some of the users.
    pub(crate) canary: Option<String>,
    /// What outlives this runtime.
    pub(crate) quota: Arc<TenantQuota>,
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

impl TenantRuntime {
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
