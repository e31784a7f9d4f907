//! A tenant's door as it is in memory: the gate, who may use it how much, and which lane a login takes.
//!
//! Not for: deciding; the gate does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use sha2::{Digest as _, Sha256};
use tokio::runtime::Handle;
use vestibule_domain::decision::{Denial, DenyCause};
use vestibule_domain::{Cause, Decision, TenantName};
use vestibule_gate::{Answer, Attempt, Gate};
use vestibule_sandbox::Compiled;

use crate::Terms;
use crate::admission::{Admission, Share};
use crate::meter::{Flow, Meter};
use crate::plan::Plan;
use crate::trial::{TrialReport, Trials};

/// Fuel of a login beyond which its policies take the slow lane: about a millisecond, the tick at which others get their turn.
const SLOW_FUEL: u64 = 2_500_000;

/// A tenant ready for logins.
pub(crate) struct Door {
    tenant: TenantName,
    terms: Terms,
    revision: i64,
    gate: Gate,
    canary: Option<(u8, Gate)>,
    trials: Option<Arc<Trials>>,
    /// After how many faults of which policy the revision is taken back.
    guards: Vec<(String, u32)>,
    code: Vec<Compiled>,
    /// The fuel of a login lately, averaged.
    usual_fuel: AtomicU64,
}

/// What a tenant has taken of what flows; it outlives the door, which is made anew at every change.
pub(crate) struct Meters {
    logins: Meter,
    fuel: Meter,
}

/// Why a login was not even begun. It is no decision, and nothing of it is on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Busy {
    /// More logins than the tenant's terms allow.
    #[error("the tenant has more logins than its terms allow")]
    Logins(Duration),
    /// More fuel than the tenant's terms allow.
    #[error("the tenant's policies have taken more fuel than its terms allow")]
    Fuel(Duration),
    /// Too many wait already.
    #[error("too many of the tenant's logins wait already")]
    Waiting,
}

impl Busy {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Logins(_) => "too-many-logins",
            Self::Fuel(_) => "too-much-fuel",
            Self::Waiting => "overloaded",
        }
    }

    /// After how long another try may succeed.
    pub const fn retry_after(self) -> Duration {
        match self {
            Self::Logins(wait) | Self::Fuel(wait) => wait,
            Self::Waiting => Duration::from_secs(1),
        }
    }
}

impl Meters {
    pub(crate) fn full(terms: &Terms, now: Instant) -> Self {
        Self { logins: Meter::full(logins(terms), now), fuel: Meter::full(fuel(terms), now) }
    }
}

fn logins(terms: &Terms) -> Flow {
    let per_second = f64::from(terms.logins_per_second);
    Flow { per_second, most: per_second * 2.0 }
}

#[expect(clippy::cast_precision_loss, reason = "a quota need not be exact to the last unit of fuel")]
fn fuel(terms: &Terms) -> Flow {
    let per_minute = terms.fuel_per_minute as f64;
    Flow { per_second: per_minute / 60.0, most: per_minute }
}

impl Door {
    pub(crate) fn new(tenant: TenantName, terms: Terms, revision: i64, gate: Gate) -> Self {
        Self {
            tenant,
            terms,
            revision,
            gate,
            canary: None,
            trials: None,
            guards: Vec::new(),
            code: Vec::new(),
            usual_fuel: AtomicU64::new(0),
        }
    }

    pub(crate) fn with_trials(mut self, plan: &Plan, trials: Arc<Trials>) -> Self {
        let guards = plan.0.iter().filter_map(|link| Some((link.policy.clone(), link.roll_back_after?)));
        self.guards = guards.collect();
        self.trials = Some(trials);
        self
    }

    pub(crate) fn with_canary(mut self, percent: u8, gate: Gate) -> Self {
        self.canary = Some((percent, gate));
        self
    }

    pub(crate) fn holding(mut self, code: Vec<Compiled>) -> Self {
        self.code = code;
        self
    }

    pub(crate) fn code(&self) -> &[Compiled] {
        &self.code
    }

    /// The active revision; 0 where none ever was.
    pub(crate) const fn revision(&self) -> i64 {
        self.revision
    }

    pub(crate) fn terms(&self) -> &Terms {
        &self.terms
    }

    pub(crate) fn trial(&self, policy: &str) -> Option<TrialReport> {
        self.trials.as_ref()?.report(policy)
    }

    /// Decides on an attempt when it is its turn, or says that it cannot be begun.
    pub(crate) async fn decide(
        &self,
        attempt: &Attempt,
        now: SystemTime,
        meters: &Meters,
        admission: &Admission,
        slow_lane: Option<&Handle>,
    ) -> Result<Answer, Busy> {
        let instant = Instant::now();
        meters.fuel.ensure_any(fuel(&self.terms), instant).map_err(Busy::Fuel)?;
        meters.logins.take(logins(&self.terms), 1.0, instant).map_err(Busy::Logins)?;
        let share =
            Share { inside: self.terms.concurrent_logins as usize, waiting: self.terms.waiting_logins as usize };
        let _place = admission.enter(&self.tenant, share).await.map_err(|_| Busy::Waiting)?;
        let gate = self.gate_of(attempt);
        let answer = match slow_lane.filter(|_| self.usual_fuel.load(Ordering::Relaxed) > SLOW_FUEL) {
            None => gate.decide(attempt, now).await,
            Some(lane) => {
                let (gate, attempt) = (gate.clone(), attempt.clone());
                let decided = lane.spawn(async move { gate.decide(&attempt, now).await }).await;
                decided.map_err(|_| Busy::Waiting)?
            }
        };
        self.account(&answer, meters);
        Ok(answer)
    }

    /// The policy whose faults have used up what the plan allows, if this answer is the last of them.
    pub(crate) fn to_be_rolled_back(&self, answer: &Answer) -> Option<String> {
        let policy = answer.last_asked.as_ref()?;
        let Decision::Deny(Denial { cause: DenyCause::Fault(cause), .. }) = &answer.decision else { return None };
        let its_own = !matches!(cause, Cause::StoreUnavailable | Cause::SaveConflict | Cause::Overloaded);
        let (_, most) = self.guards.iter().find(|(name, _)| name == policy).filter(|_| its_own)?;
        let faults = self.trials.as_ref()?.fault(policy);
        (faults == (*most).max(1)).then(|| policy.clone())
    }

    /// The same gate for the same user, however often.
    fn gate_of(&self, attempt: &Attempt) -> &Gate {
        match &self.canary {
            Some((percent, gate)) if percentile(&self.tenant, attempt.user.as_str()) < *percent => gate,
            _ => &self.gate,
        }
    }

    fn account(&self, answer: &Answer, meters: &Meters) {
        let used = answer.cost.fuel;
        #[expect(clippy::cast_precision_loss, reason = "a quota need not be exact to the last unit of fuel")]
        meters.fuel.charge(used as f64);
        // An eighth of the new to seven of the old: one slow login among many changes no lane.
        let average = |usual: u64| Some(usual - usual / 8 + used / 8);
        let _ = self.usual_fuel.fetch_update(Ordering::Relaxed, Ordering::Relaxed, average);
    }
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
