//! The gate of one tenant: an attempt goes in, a decision that is on record comes out.
//!
//! Not for: several tenants; each has a gate of its own.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use vestibule_domain::decision::{Denial, DenyCause};
use vestibule_domain::{Cause, Decision, Fault};
use vestibule_store::{DecisionRow, Store};

use crate::answer::Answer;
use crate::attempt::Attempt;
use crate::chain::Chain;
use crate::journal::Journal;
use crate::passage::{Passage, Passed};
use crate::primary::Hashing;
use crate::tenant::Tenant;

/// How long a decision may take to get on record, after the login's own time.
const RECORD_DEADLINE: Duration = Duration::from_secs(5);

/// A tenant's gate. Clones share it, and attempts may come at the same time on any thread.
#[derive(Clone)]
pub struct Gate(Arc<Parts>);

struct Parts {
    store: Store,
    tenant: Tenant,
    chain: Chain,
    hashing: Hashing,
}

impl Gate {
    /// A gate with the tenant's active policies.
    pub fn new(store: Store, tenant: Tenant, chain: Chain) -> Self {
        Self(Arc::new(Parts { store, tenant, chain, hashing: Hashing::default() }))
    }

    /// Decides on an attempt, at a time that policies, locks and questions go by.
    ///
    /// Never fails: whatever goes wrong is a denial with a cause. What policies want saved is durable when this returns, and
    /// nobody is let in whose decision is not on record. A failed authentication is answered no earlier than the tenant says.
    pub async fn decide(&self, attempt: &Attempt, now: SystemTime) -> Answer {
        let Parts { store, tenant, chain, hashing } = &*self.0;
        let began = Instant::now();
        let end = began + tenant.deadline();
        let passage = Passage { store, tenant, chain, hashing, attempt, now, end };
        let mut journal = Journal::new();
        let passed = match timeout_at(end, passage.walk(&mut journal)).await {
            Ok(passed) => passed,
            Err(_) => Err(journal.late()),
        };
        let user = journal.user.clone().unwrap_or_else(|| attempt.user.to_string());
        let answer = self.recorded(attempt, answer(id(now), user, passed), journal, now).await;
        if matches!(&answer.decision, Decision::Deny(Denial { cause: DenyCause::Primary(_), .. })) {
            sleep_until(began + tenant.patience_with_failures()).await;
        }
        answer
    }

    /// Puts the decision on record. Where that fails, nobody is let in, nor asked.
    async fn recorded(&self, attempt: &Attempt, answer: Answer, journal: Journal, now: SystemTime) -> Answer {
        let Parts { store, tenant, .. } = &*self.0;
        let row = journal.row(attempt, &answer, now);
        log(tenant, &row, &answer);
        let detail = match timeout(RECORD_DEADLINE, store.record_decision(&tenant.name, &row)).await {
            Ok(Ok(())) => return answer,
            Ok(Err(error)) => format!("the decision could not be recorded: {error}"),
            Err(_) => "the decision could not be recorded in time".to_owned(),
        };
        tracing::error!(tenant = %tenant.name, id = row.id, record = row.record, detail, "a decision is not on record");
        match answer.decision {
            Decision::Deny(_) => answer,
            Decision::Allow { .. } | Decision::Challenge { .. } => {
                let denial = Denial::from(Fault::new(Cause::StoreUnavailable, detail));
                Answer { reason: denial.reason.clone(), decision: Decision::Deny(denial), state_id: None, ..answer }
            }
        }
    }
}

/// A name for a decision: 48 bits of time, then 80 of chance. In that order, so that what is decided together is stored together.
fn id(now: SystemTime) -> String {
    let millis = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    format!("{:012x}{:020x}", millis & 0xffff_ffff_ffff, rand::random::<u128>() >> 48)
}

fn answer(id: String, user: String, passed: Result<Passed, Denial>) -> Answer {
    match passed {
        Ok(Passed::In { user, proplist, saved, reason }) => Answer {
            id,
            user: user.to_string(),
            decision: Decision::Allow { user, proplist, proplist_save: saved },
            reason,
            state_id: None,
        },
        Ok(Passed::Asked { user, question, saved, reason, state_id }) => Answer {
            id,
            user: user.to_string(),
            decision: Decision::Challenge { challenge: question, proplist_save: saved },
            reason,
            state_id: Some(state_id),
        },
        Err(denial) => {
            Answer { id, user, reason: denial.reason.clone(), decision: Decision::Deny(denial), state_id: None }
        }
    }
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
