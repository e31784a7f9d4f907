//! How far a login has come through the chain: what the policies before have decided together.
//!
//! Not for: what is on record, which is read anew whenever it is needed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vestibule_domain::field::{Response, SessionState};
use vestibule_domain::{CanonicalUser, Cause, Fault, Properties};

use crate::provenance::GroupProvenance;

/// What each policy keeps for the session, by the policy's name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Sessions(BTreeMap<String, SessionState>);

impl Sessions {
    pub(crate) fn get(&self, policy: &str) -> Option<&SessionState> {
        self.0.get(policy)
    }

    pub(crate) fn keep(&mut self, policy: &str, state: SessionState) {
        self.0.insert(policy.to_owned(), state);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of it, to be read again by another process; none if nothing is kept.
    pub(crate) fn to_state(&self) -> Result<Option<Vec<u8>>, Fault> {
        if self.is_empty() {
            return Ok(None);
        }
        let state = serde_json::to_vec(self)
            .map_err(|error| Fault::new(Cause::StoreUnavailable, format!("a session cannot be written: {error}")))?;
        Ok(Some(state))
    }
}

/// Where the chain begins, or goes on after a question.
#[derive(Debug, Clone)]
pub(crate) struct ChainState {
    /// The policy that runs next, counted from 0.
    pub(crate) next: usize,
    /// The user, as the policies so far have it.
    pub(crate) user: CanonicalUser,
    /// What the authority or the last policy said.
    pub(crate) reason: String,
    /// What the policies so far have set.
    pub(crate) set: Properties,
    /// The policies that chose the group by that.
    pub(crate) group: GroupProvenance,
    pub(crate) sessions: Sessions,
    /// What the next policy kept with its question, and what the user answered.
    pub(crate) answered: Option<(Properties, Response)>,
}

impl ChainState {
    /// Before the first policy.
    pub(crate) fn start(user: CanonicalUser, reason: String, sessions: Sessions) -> Self {
        let (set, group) = (Properties::new(), GroupProvenance::default());
        Self { next: 0, user, reason, set, group, sessions, answered: None }
    }
}
