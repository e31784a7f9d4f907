//! What a front door is told.
//!
//! Not for: how it tells the client; each front door has its own way.

use vestibule_domain::Decision;
use vestibule_domain::decision::Denial;
use vestibule_domain::wire::crv1::StateId;

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
}

impl Answer {
    pub(crate) fn new(id: String, user: String, passed: Result<Passed, Denial>) -> Self {
        match passed {
            Ok(Passed::In { user, proplist, saved, reason }) => Self {
                id,
                user: user.to_string(),
                decision: Decision::Allow { user, proplist, proplist_save: saved },
                reason,
                state_id: None,
            },
            Ok(Passed::Asked { user, question, saved, reason, state_id }) => Self {
                id,
                user: user.to_string(),
                decision: Decision::Challenge { challenge: question, proplist_save: saved },
                reason,
                state_id: Some(state_id),
            },
            Err(denial) => {
                Self { id, user, reason: denial.reason.clone(), decision: Decision::Deny(denial), state_id: None }
            }
        }
    }
}
