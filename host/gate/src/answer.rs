//! What a front door is told.
//!
//! Not for: how it tells the client; each front door has its own way.

use vestibule_domain::Decision;
use vestibule_domain::decision::Denial;
use vestibule_domain::wire::crv1::StateId;
use vestibule_sandbox::Cost;

use crate::attempt::Attempt;
use crate::journal::Journal;
use crate::passage::Passed;

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
    /// The policy that was asked last, if one was.
    pub last_asked: Option<String>,
}

impl Answer {
    pub(crate) fn new(id: String, journal: &Journal, attempt: &Attempt, passed: Result<Passed, Denial>) -> Self {
        let (mut state_id, mut session_state) = (None, None);
        let (user, decision, reason) = match passed {
            Ok(Passed::In { user, proplist, saved, reason, session_state: state }) => {
                session_state = state;
                (user.to_string(), Decision::Allow { user, proplist, proplist_save: saved }, reason)
            }
            Ok(Passed::Asked { user, question, saved, reason, state_id: handle }) => {
                state_id = Some(handle);
                (user.to_string(), Decision::Challenge { challenge: question, proplist_save: saved }, reason)
            }
            Err(denial) => {
                let reason = denial.reason.clone();
                (journal.user(attempt), Decision::Deny(denial), reason)
            }
        };
        let (cost, last_asked) = (journal.cost(), journal.last_asked());
        Self { id, user, decision, reason, state_id, session_state, cost, last_asked }
    }
}
