//! The gate of one tenant: an attempt goes in, a decision that is on record comes out.
//!
//! Not for: several tenants; each has a gate of its own.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt as _;
use tokio::time::{Instant, sleep_until, timeout_at};
use vestibule_domain::cause::NEUTRAL_TEXT;
use vestibule_domain::decision::{Denial, DenyCause};
use vestibule_domain::{Cause, Decision, Fault};
use vestibule_ledger::{Ledger, Refused};
use vestibule_store::{DecisionRow, Effects, Error, SaveError, Store, new_id};

use crate::answer::Answer;
use crate::attempt::{Attempt, Proof};
use crate::canary::{Canary, Chains};
use crate::chain::Chain;
use crate::journal::{Journal, Step};
use crate::known::Known;
use crate::lane::{Lane, Lanes};
use crate::passage::{Passage, Passed};
use crate::place::Place;
use crate::tenant::Tenant;

/// How long a decision may take to get on record, within the login's own time.
const RECORD_DEADLINE: Duration = Duration::from_secs(5);
/// How long a denial may take where the login's own time is up.
const LATE_RECORD_DEADLINE: Duration = Duration::from_secs(1);
/// Within how long a store that fails at once has done so, hashes and policies before it included.
const FAST_FAILURE: Duration = Duration::from_secs(1);
/// How often policies run on records that change while they do.
const MAX_ROUNDS: u32 = 4;

/// A tenant's gate. Clones share it, and attempts may come at the same time on any thread.
#[derive(Clone)]
pub struct Gate {
    parts: Arc<Parts>,
    lane: Lane,
}

struct Parts {
    store: Store,
    tenant: Tenant,
    chains: Chains,
    lanes: Lanes,
}

impl Gate {
    /// A gate with the tenant's active policies, and others that are tried on some of the users. What its logins use up stands in the
    /// host's ledger.
    pub fn new(store: Store, ledger: Ledger, tenant: Tenant, active: Chain, canary: Option<Canary>) -> Self {
        let lanes = Lanes::new(&ledger, &tenant.name, tenant.slow_lane.clone());
        let parts = Arc::new(Parts { store, tenant, chains: Chains { active, canary }, lanes });
        Self { parts, lane: Lane::Fast }
    }

    /// The same gate for logins whose policies compute for long, on a thread that nobody waits for: they take turns with those of other
    /// tenants.
    #[must_use]
    pub fn in_slow_lane(&self) -> Self {
        Self { parts: Arc::clone(&self.parts), lane: Lane::Slow }
    }

    /// Decides on an attempt, at a time that policies, locks and questions go by.
    ///
    /// Whatever goes wrong is a denial with a cause. A decision and all that it leaves behind are durable when this returns, or nobody is
    /// let in. Whatever reads like a failed authentication is answered no earlier than the tenant says, and so is what cannot be put on
    /// record: where the store fails, nobody learns whether a password was right. It waits for that without a place.
    ///
    /// # Errors
    /// [`Refused`]: too many logins of the tenant wait for their turn already. Nothing of this one was begun, nor is it on record.
    pub async fn decide(&self, attempt: &Attempt, now: SystemTime) -> Result<Answer, Refused> {
        let Parts { store, tenant, chains, lanes } = &*self.parts;
        let patience = &attempt.patience;
        let place = &Place::new(lanes, self.lane, tenant.places);
        let (ledger, end) = (lanes.ledger(), patience.end(tenant.deadline()));
        let passage = Passage { store, ledger, tenant, chains, attempt, place, now, began: Instant::now(), end };
        let mut journal = Journal::new(tenant.log_room.clone(), place.meter().clone(), patience.arrived);
        let answer = match passage.wanted(timeout_at(end, place.enter())).await {
            Err(unwanted) => self.denied(&passage, &journal, unwanted.into()).await,
            Ok(Ok(Err(refused))) => return Err(refused),
            Ok(Ok(Ok(()))) if Instant::now() < end => {
                journal.enter(Step::LookUp);
                self.concluded(&passage, journal).await
            }
            Ok(_) => self.denied(&passage, &journal, journal.late()).await,
        };
        place.leave();
        if let Decision::Deny(denial) = &answer.decision {
            sleep_until(answered_from(&passage, denial)).await;
        }
        Ok(answer)
    }

    /// Walks the way again as long as the user's record changes before what was decided on it is stored.
    async fn concluded(&self, passage: &Passage<'_>, mut journal: Journal) -> Answer {
        let mut known = None;
        for _ in 0..MAX_ROUNDS {
            let (passed, effects) = match walked(passage, &mut known, &mut journal).await {
                Ok((passed, effects)) => (Ok(passed), effects),
                Err(denial) => {
                    passage.place.leave();
                    (Err(denial), Effects::default())
                }
            };
            let answer = Answer::new(id(passage), &journal, passage.attempt, passed);
            let until = recorded_by(passage, &answer.decision);
            match self.conclude(passage, &journal, &answer, &effects, until).await {
                Ok(()) => return answer,
                Err(SaveError::Conflict) => journal.conflicts += 1,
                Err(SaveError::Store(_)) if may_be_off_the_record(passage.attempt, &answer) => return answer,
                Err(SaveError::Store(error)) => {
                    let detail = format!("the decision could not be stored: {error}");
                    let denial = Fault::new(Cause::StoreUnavailable, detail).into();
                    return self.denied_as(answer.id, passage, &journal, denial, until).await;
                }
            }
        }
        let detail = format!("the user's record changed {MAX_ROUNDS} times while policies decided on it");
        self.denied(passage, &journal, Fault::new(Cause::SaveConflict, detail).into()).await
    }

    /// A denial, on record if it can be.
    async fn denied(&self, passage: &Passage<'_>, journal: &Journal, denial: Denial) -> Answer {
        let until = recorded_by(passage, &Decision::Deny(denial.clone()));
        self.denied_as(id(passage), passage, journal, denial, until).await
    }

    /// A denial of this name, on record if it can be by then.
    ///
    /// What a broken connection or a crash has left open may have been stored after all. It was under the same id: whoever looks up that
    /// of the answer finds what is on record, this denial or what it took the place of, with all that was saved.
    async fn denied_as(
        &self,
        id: String,
        passage: &Passage<'_>,
        journal: &Journal,
        denial: Denial,
        until: Instant,
    ) -> Answer {
        passage.place.leave();
        let answer = Answer::new(id, journal, passage.attempt, Err(denial));
        // In a box, as it is one of four ends of a login.
        let _ = Box::pin(self.conclude(passage, journal, &answer, &Effects::default(), until)).await;
        answer
    }

    /// Puts a decision and what it leaves behind on record, and into the log.
    async fn conclude(
        &self,
        passage: &Passage<'_>,
        journal: &Journal,
        answer: &Answer,
        effects: &Effects,
        until: Instant,
    ) -> Result<(), SaveError> {
        let Parts { store, tenant, .. } = &*self.parts;
        let row = journal.row(passage.attempt, answer, effects, passage.now);
        let concluded = timeout_at(until, pin!(store.conclude(&tenant.name, &row, effects))).await;
        let concluded = concluded.unwrap_or_else(|_| Err(Error::Unavailable("no answer in time".to_owned()).into()));
        match &concluded {
            Ok(()) => log(tenant, &row, answer),
            Err(SaveError::Conflict) => {}
            Err(SaveError::Store(error)) => {
                tracing::error!(tenant = %tenant.name, id = row.id, record = row.record, %error, "a decision is not on record");
            }
        }
        concluded
    }
}

/// Where a login comes to in its time, if somebody still waits for it then.
async fn walked<'a>(
    passage: &Passage<'a>,
    known: &mut Option<Known<'a>>,
    journal: &mut Journal,
) -> Result<(Passed, Effects), Denial> {
    // Pinned, as it is large, and would be moved on the way.
    let walk = AssertUnwindSafe(passage.walk(known, journal)).catch_unwind();
    let walked = timeout_at(passage.end, pin!(walk)).await;
    match walked {
        Ok(Ok(walked)) => {
            let walked = walked?;
            passage.ensure_wanted()?;
            Ok(walked)
        }
        Ok(Err(_)) => Err(broken_off().into()),
        Err(_) => Err(journal.late()),
    }
}

/// By when what is decided now has to be on record: what the store has not begun by then it leaves out. Nobody is let in, and nothing
/// saved, for whom the answer comes too late; a denial has the moment that is left after that. A second try gets what the first one left.
fn recorded_by(passage: &Passage<'_>, decision: &Decision) -> Instant {
    let now = Instant::now();
    let until = passage.end.min(now + RECORD_DEADLINE);
    match decision {
        Decision::Allow { .. } | Decision::Challenge { .. } => until,
        Decision::Deny(_) => until.max(now + LATE_RECORD_DEADLINE),
    }
}

/// Whether a denial may be answered as it is where it cannot be put on record. Of somebody who has given a password or an answer it would
/// tell that it was wrong, or right, while nothing can be counted.
fn may_be_off_the_record(attempt: &Attempt, answer: &Answer) -> bool {
    matches!(answer.decision, Decision::Deny(_)) && matches!(attempt.proof, Proof::Voucher(_))
}

/// From when on a denial may be answered.
///
/// One that comes early would tell how far a proof was looked at, and where the store does not answer, what it was asked for: a wrong
/// password is counted, and a right one is not. What it could not keep is answered at one of two times, soon or after all that could be
/// waited for, and never between them.
fn answered_from(passage: &Passage<'_>, denial: &Denial) -> Instant {
    let arrived = passage.attempt.patience.arrived;
    let failures = arrived + passage.tenant.patience_with_failures();
    let is_kept = denial.cause != DenyCause::Fault(Cause::StoreUnavailable);
    match passage.attempt.proof {
        _ if is_kept && denial.client_reason.as_str() != NEUTRAL_TEXT => arrived,
        _ if is_kept => failures,
        Proof::Voucher(_) => failures,
        Proof::Password(_) | Proof::Response { .. } => {
            let soon = failures.max(arrived + FAST_FAILURE);
            if Instant::now() < soon { soon } else { soon.max(passage.end + LATE_RECORD_DEADLINE) }
        }
    }
}

/// What a bug in the host, or in what was plugged into it, comes to: this login alone is denied.
fn broken_off() -> Fault {
    Fault::new(Cause::HostFailed, "the host broke the login off: its log says where")
}

/// A name for a decision that is made now.
fn id(passage: &Passage<'_>) -> String {
    new_id(passage.now.checked_add(passage.began.elapsed()).unwrap_or(passage.now))
}

/// One line for each decision.
fn log(tenant: &Tenant, row: &DecisionRow, answer: &Answer) {
    let (id, user, outcome, cause) = (&row.id, &row.user, &row.outcome, row.cause.as_deref().unwrap_or_default());
    match &answer.decision {
        Decision::Deny(denial) => {
            tracing::info!(tenant = %tenant.name, id, user, outcome, cause, reason = denial.reason, "decided");
        }
        Decision::Allow { .. } | Decision::Challenge { .. } => {
            tracing::info!(tenant = %tenant.name, id, user, outcome, "decided");
        }
    }
}
