//! What a front door is told.
//!
//! Not for: how it tells the client; each front door has its own way.

use vestibule_domain::decision::Denial;
use vestibule_domain::login::{Authret, Status};
use vestibule_domain::wire::crv1::StateId;
use vestibule_domain::{Decision, Outcome, Properties};

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
        let (user, reason, state_id) = match &passed {
            Ok(Passed::In { user, reason, .. }) => (user.to_string(), reason.clone(), None),
            Ok(Passed::Asked { user, reason, state_id, .. }) => {
                (user.to_string(), reason.clone(), Some(state_id.clone()))
            }
            Err(denial) => (user, denial.reason.clone(), None),
        };
        Self { id, user, decision: Decision::from(passed.map(Outcome::from)), reason, state_id }
    }
}

/// What all policies of a login came to, as if one had said it.
impl From<Passed> for Outcome {
    fn from(passed: Passed) -> Self {
        let (user, proplist, proplist_save, challenge) = match passed {
            Passed::In { user, proplist, saved, .. } => (user, proplist, saved, None),
            Passed::Asked { user, question, saved, .. } => (user, Properties::new(), saved, Some(question)),
        };
        let authret = Authret { status: Status::Succeed, user, reason: None, client_reason: None, proplist };
        Self { authret, proplist_save, challenge, session_state: None }
    }
}
