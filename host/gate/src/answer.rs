//! What a front door is told.
//!
//! Not for: how it tells the client; each front door has its own way.

use vestibule_domain::decision::Denial;
use vestibule_domain::login::{Authret, Status};
use vestibule_domain::wire::crv1::StateId;
use vestibule_domain::{Decision, Outcome, Properties};
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
    /// Whether the chain on trial decided.
    pub by_canary: bool,
    /// The policy whose own fault it is that nobody is let in, whatever else was the matter with the host, a directory or the caller.
    pub at_fault: Option<String>,
}

impl Answer {
    pub(crate) fn new(id: String, journal: &Journal, attempt: &Attempt, passed: Result<Passed, Denial>) -> Self {
        let (mut state_id, mut session_state) = (None, None);
        let (user, reason) = match &passed {
            Ok(Passed::In { user, reason, session_state: state, .. }) => {
                session_state.clone_from(state);
                (user.to_string(), reason.clone())
            }
            Ok(Passed::Asked { user, reason, state_id: handle, .. }) => {
                state_id = Some(handle.clone());
                (user.to_string(), reason.clone())
            }
            Err(denial) => (journal.user(attempt), denial.reason.clone()),
        };
        let (cost, by_canary, at_fault) = (journal.cost(), journal.by_canary, journal.at_fault.clone());
        let decision = Decision::from(passed.map(Outcome::from));
        Self { id, user, decision, reason, state_id, session_state, cost, by_canary, at_fault }
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
