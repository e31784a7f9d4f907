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
use vestibule_domain::decision::Denial;
use vestibule_domain::{Cause, Decision, Fault};
use vestibule_ledger::{Ledger, Refused};
use vestibule_store::{DecisionRow, Effects, Error, SaveError, Store, new_id};

use crate::answer::Answer;
use crate::attempt::Attempt;
use crate::canary::{Canary, Chains};
use crate::chain::Chain;
use crate::journal::{Journal, Step};
use crate::passage::Passage;
use crate::place::Place;
use crate::tenant::Tenant;

/// How long a denial may take to get on record, after the login's own time.
const RECORD_PATIENCE: Duration = Duration::from_secs(1);
/// How often policies run on records that change while they do.
const MAX_ROUNDS: u32 = 4;

/// A tenant's gate. Clones share it, and attempts may come at the same time on any thread.
#[derive(Clone)]
pub struct Gate(Arc<Parts>);

struct Parts {
    store: Store,
    ledger: Ledger,
    tenant: Tenant,
    chains: Chains,
}

impl Gate {
    /// A gate with the tenant's active policies, and others that are tried on some of the users. What its logins use up stands in the
    /// host's ledger.
    pub fn new(store: Store, ledger: Ledger, tenant: Tenant, active: Chain, canary: Option<Canary>) -> Self {
        Self(Arc::new(Parts { store, ledger, tenant, chains: Chains { active, canary } }))
    }

    /// Decides on an attempt, at a time that policies, locks and questions go by.
    ///
    /// Whatever goes wrong is a denial with a cause. A decision and all that it leaves behind are durable when this returns, or nobody is
    /// let in. Whatever reads like a failed authentication is answered no earlier than the tenant says, but waits for that without a place.
    ///
    /// # Errors
    /// [`Refused`]: too many logins of the tenant wait for their turn already. Nothing of this one was begun, nor is it on record.
    pub async fn decide(&self, attempt: &Attempt, now: SystemTime) -> Result<Answer, Refused> {
        let Parts { store, ledger, tenant, chains } = &*self.0;
        let patience = &attempt.patience;
        let place = &Place::new(ledger, &tenant.name, tenant.places);
        let end = patience.end(tenant.deadline());
        let passage = Passage { store, ledger, tenant, chains, attempt, place, now, began: Instant::now(), end };
        let mut journal = Journal::new(tenant.log_room.clone(), patience.arrived);
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
        if matches!(&answer.decision, Decision::Deny(denial) if denial.client_reason.as_str() == NEUTRAL_TEXT) {
            sleep_until(patience.arrived + tenant.patience_with_failures()).await;
        }
        Ok(answer)
    }

    /// Walks the way again as long as the user's record changes before what was decided on it is stored.
    async fn concluded(&self, passage: &Passage<'_>, mut journal: Journal) -> Answer {
        let mut known = None;
        for _ in 0..MAX_ROUNDS {
            // Pinned, as it is large, and would be moved on the way.
            let walk = AssertUnwindSafe(passage.walk(&mut known, &mut journal)).catch_unwind();
            let walked = timeout_at(passage.end, pin!(walk)).await;
            let walked = match walked {
                Ok(Ok(walked)) => {
                    walked.and_then(|walked| passage.ensure_wanted().map(|()| walked).map_err(Denial::from))
                }
                Ok(Err(_)) => Err(broken_off().into()),
                Err(_) => Err(journal.late()),
            };
            let (passed, effects) = match walked {
                Ok((passed, effects)) => (Ok(passed), effects),
                Err(denial) => {
                    passage.place.leave();
                    (Err(denial), Effects::default())
                }
            };
            let answer = Answer::new(id(passage), &journal, passage.attempt, passed);
            match self.conclude(passage, &journal, &answer, &effects).await {
                Ok(()) => return answer,
                Err(SaveError::Conflict) => journal.conflicts += 1,
                Err(SaveError::Store(_)) if matches!(answer.decision, Decision::Deny(_)) => return answer,
                Err(SaveError::Store(error)) => {
                    let detail = format!("the decision could not be stored: {error}");
                    return self.denied(passage, &journal, Fault::new(Cause::StoreUnavailable, detail).into()).await;
                }
            }
        }
        let detail = format!("the user's record changed {MAX_ROUNDS} times while policies decided on it");
        self.denied(passage, &journal, Fault::new(Cause::SaveConflict, detail).into()).await
    }

    /// A denial, on record if it can be.
    async fn denied(&self, passage: &Passage<'_>, journal: &Journal, denial: Denial) -> Answer {
        passage.place.leave();
        let answer = Answer::new(id(passage), journal, passage.attempt, Err(denial));
        let _ = self.conclude(passage, journal, &answer, &Effects::default()).await;
        answer
    }

    /// Puts a decision and what it leaves behind on record, and into the log.
    async fn conclude(
        &self,
        passage: &Passage<'_>,
        journal: &Journal,
        answer: &Answer,
        effects: &Effects,
    ) -> Result<(), SaveError> {
        let Parts { store, tenant, .. } = &*self.0;
        let row = journal.row(passage.attempt, answer, effects, passage.now);
        // Nobody is let in, and nothing saved, for whom the answer comes too late: what the store has not begun by then it leaves out.
        let end = match &answer.decision {
            Decision::Allow { .. } | Decision::Challenge { .. } => passage.end,
            Decision::Deny(_) => passage.end.max(Instant::now() + RECORD_PATIENCE),
        };
        let concluded = timeout_at(end, pin!(store.conclude(&tenant.name, &row, effects))).await;
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
