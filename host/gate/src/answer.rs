//! What a front door is told.
//!
//! Not for: how it tells the client; each front door has its own way.

use std::time::Duration;

use tokio::time::Instant;
use vestibule_domain::cause::NEUTRAL_TEXT;
use vestibule_domain::decision::DenyCause;
use vestibule_domain::wire::crv1::StateId;
use vestibule_domain::{Cause, Decision};
use vestibule_sandbox::Cost;

use crate::attempt::Proof;
use crate::context::LoginContext;
use crate::journal::Journal;
use crate::outcome::LoginOutcome;

/// How long a denial may take to get on record where the login's own time is up.
pub(crate) const LATE_RECORD_DEADLINE: Duration = Duration::from_secs(1);
/// Within how long a store that fails at once has done so, hashes and policies before it included.
const FAST_FAILURE: Duration = Duration::from_secs(1);

/// A decision that is on record.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The record's name among the tenant's decisions.
    pub id: String,
    /// The user's canonical name; the entered one where nobody knows better.
    pub user: String,
    /// What was decided. What was to be saved has been.
    pub decision: Decision,
    /// For the log: what the authority or a policy said, or why the user is kept out.
    pub reason: String,
    /// The handle of the question; present if the decision is one.
    pub state_id: Option<StateId>,
    /// For a front door that keeps properties itself: what to hand over again in this session.
    pub session_state: Option<Vec<u8>>,
    /// What the policies took together.
    pub cost: Cost,
    /// Whether the chain on trial decided.
    pub by_canary: bool,
    /// The policy whose own fault it is that nobody is let in, whatever else was the matter with the host, a directory or the caller.
    pub at_fault: Option<String>,
}

impl Answer {
    pub(crate) fn new(id: String, journal: &Journal, outcome: LoginOutcome) -> Self {
        let LoginOutcome { user, decision, reason, state_id, session_state } = outcome;
        let (cost, by_canary, at_fault) = (journal.cost(), journal.by_canary, journal.at_fault.clone());
        Self { id, user, decision, reason, state_id, session_state, cost, by_canary, at_fault }
    }

    /// From when on it may be told, if not at once.
    ///
    /// A denial that comes early would tell how far a proof was looked at, and where the store does not answer, what it was asked for: a
    /// wrong password is counted, and a right one is not. What it could not keep is answered at one of two times, soon or after all that
    /// could be waited for, and never between them.
    pub(crate) fn due(&self, context: &LoginContext<'_>) -> Option<Instant> {
        let arrived = context.attempt.patience.arrived;
        let Decision::Deny(denial) = &self.decision else { return None };
        let failures = arrived + context.tenant.min_failure_delay();
        let is_kept = denial.cause != DenyCause::Fault(Cause::StoreUnavailable);
        match context.attempt.proof {
            _ if is_kept && denial.client_reason.as_str() != NEUTRAL_TEXT => None,
            _ if is_kept => Some(failures),
            Proof::Voucher(_) => Some(failures),
            Proof::Password(_) | Proof::Response { .. } => {
                let soon = failures.max(arrived + FAST_FAILURE);
                Some(if Instant::now() < soon { soon } else { soon.max(context.end + LATE_RECORD_DEADLINE) })
            }
        }
    }
}
