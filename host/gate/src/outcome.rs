//! What a login came to: a decision, and what the front door is told besides.
//!
//! Not for: what one policy says; see [`vestibule_domain::Outcome`].

use vestibule_domain::decision::Denial;
use vestibule_domain::login::{Authret, Status};
use vestibule_domain::outcome::Challenge;
use vestibule_domain::wire::crv1::StateId;
use vestibule_domain::{CanonicalUser, Decision, Outcome, Properties};

/// From the end of the chain to the answer.
pub(crate) struct LoginOutcome {
    pub(crate) user: String,
    pub(crate) decision: Decision,
    /// For the log: what the authority or a policy said, or why the user is kept out.
    pub(crate) reason: String,
    /// The handle of the question, where the decision is one.
    pub(crate) state_id: Option<StateId>,
    /// For a front door that keeps the records: what to hand over again in this session.
    pub(crate) session_state: Option<Vec<u8>>,
}

impl LoginOutcome {
    /// The user comes in with these properties, once what is to be saved has been.
    pub(crate) fn allow(user: CanonicalUser, reason: String, proplist: Properties, saved: Properties) -> Self {
        Self::of(user, reason, proplist, saved, None)
    }

    /// The user is asked first.
    pub(crate) fn challenge(
        user: CanonicalUser,
        reason: String,
        (question, state_id): (Challenge, StateId),
        saved: Properties,
    ) -> Self {
        Self { state_id: Some(state_id), ..Self::of(user, reason, Properties::new(), saved, Some(question)) }
    }

    /// The user is kept out.
    pub(crate) fn deny(user: String, denial: Denial) -> Self {
        let reason = denial.reason.clone();
        Self { user, decision: Decision::Deny(denial), reason, state_id: None, session_state: None }
    }

    /// Whether the user comes in.
    pub(crate) const fn is_allowed(&self) -> bool {
        matches!(self.decision, Decision::Allow { .. })
    }

    /// What all policies came to is decided on as if one had said it: nothing else makes a [`Decision::Allow`].
    fn of(
        user: CanonicalUser,
        reason: String,
        proplist: Properties,
        proplist_save: Properties,
        challenge: Option<Challenge>,
    ) -> Self {
        let name = user.to_string();
        let authret = Authret { status: Status::Succeed, user, reason: None, client_reason: None, proplist };
        let outcome = Outcome { authret, proplist_save, challenge, session_state: None };
        let decision = Decision::from(Ok::<_, Denial>(outcome));
        Self { user: name, decision, reason, state_id: None, session_state: None }
    }
}
