//! A tenant's door as it is in memory: its gates, and who may use them how much.
//!
//! Not for: deciding; the gate does.

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use vestibule_domain::decision::{Denial, DenyCause};
use vestibule_domain::{Cause, Decision, TenantName};
use vestibule_gate::{Answer, Attempt, Gate};
use vestibule_ledger::{Refused, Waiting};

use crate::Terms;
use crate::plan::Plan;
use crate::quotas::Quota;
use crate::trial::Trials;

/// A tenant ready for logins.
pub(crate) struct Door {
    pub(crate) tenant: TenantName,
    pub(crate) terms: Terms,
    /// The active revision; 0 where none ever was.
    pub(crate) revision: i64,
    pub(crate) gate: Gate,
    pub(crate) canary: Option<Canary>,
    /// What outlives this door.
    pub(crate) quota: Arc<Quota>,
    pub(crate) trials: Arc<Trials>,
    /// After how many faults of which policy the revision is taken back.
    pub(crate) guards: Vec<(String, u32)>,
}

/// Another chain that decides on some of the users.
pub(crate) struct Canary {
    /// The policy of which another version is in it.
    pub(crate) policy: String,
    /// For how many of a hundred users it decides.
    pub(crate) percent: u8,
    pub(crate) gate: Gate,
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
            Self::Waiting(_) | Self::Ending => "overloaded",
        }
    }

    /// After how long another try may succeed.
    pub const fn retry_after(&self) -> Duration {
        match self {
            Self::Logins(wait) | Self::Fuel(wait) => *wait,
            Self::Waiting(_) | Self::Ending => Duration::from_secs(1),
        }
    }
}

impl Door {
    /// The tenant's share of the host's places.
    pub(crate) fn share(&self) -> Waiting {
        Waiting { inside: self.terms.concurrent_logins.into(), waiting: self.terms.waiting_logins.into() }
    }

    /// The canary, if it decides on this attempt: the same for the same user, however often.
    pub(crate) fn canary_for(&self, attempt: &Attempt) -> Option<&Canary> {
        let share = |canary: &&Canary| percentile(&self.tenant, attempt.user.as_str()) < canary.percent;
        self.canary.as_ref().filter(share)
    }

    /// Takes note of an answer that a canary gave.
    pub(crate) fn note(&self, canary: &Canary, answer: &Answer) {
        if at_fault(answer) == Some(&canary.policy) {
            self.trials.note_fault(&canary.policy);
        }
    }

    /// Counts a fault, if the answer is one, and returns the policy if its faults have used up what the plan allows.
    pub(crate) fn to_be_rolled_back(&self, answer: &Answer) -> Option<String> {
        let policy = at_fault(answer)?;
        let (_, most) = self.guards.iter().find(|(name, _)| name == policy)?;
        (self.trials.fault(policy) >= *most).then(|| policy.clone())
    }
}

/// The policy whose own fault the answer is, if it is one's.
fn at_fault(answer: &Answer) -> Option<&String> {
    let Decision::Deny(Denial { cause: DenyCause::Fault(cause), .. }) = &answer.decision else { return None };
    let its_own = !matches!(cause, Cause::StoreUnavailable | Cause::SaveConflict | Cause::Overloaded);
    answer.last_asked.as_ref().filter(|_| its_own)
}

/// Which policies of a plan are guarded, and how.
pub(crate) fn guards(plan: &Plan) -> Vec<(String, u32)> {
    plan.0.iter().filter_map(|link| Some((link.policy.clone(), link.roll_back_after?))).collect()
}

/// Where a user stands among a hundred. Spelling with other letters counts as the same.
fn percentile(tenant: &TenantName, user: &str) -> u8 {
    let digest = Sha256::digest(format!("{tenant}\n{}", user.to_lowercase()));
    let number = digest.iter().take(4).fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    u8::try_from(number % 100).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_spread_evenly_and_always_alike() {
        let tenant = TenantName::default();
        let users: Vec<_> = (0..10_000).map(|number| percentile(&tenant, &format!("user-{number}"))).collect();
        let tenth = users.iter().filter(|place| **place < 10).count();
        assert!((900..1_100).contains(&tenth), "{tenth}");
        assert_eq!(percentile(&tenant, "Joe"), percentile(&tenant, "jOE"));
        assert!(users.iter().all(|place| *place < 100));
    }
}
