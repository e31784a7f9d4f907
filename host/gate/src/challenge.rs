//! Questions to users: what has to be known again when the answer comes, perhaps to another process.
//!
//! Not for: the wire forms of question and answer; those are in [`vestibule_domain::wire`].

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use vestibule_domain::challenge::Cause;
use vestibule_domain::decision::{Denial, DenyCause};
use vestibule_domain::field::Response;
use vestibule_domain::login::Info;
use vestibule_domain::outcome::Challenge;
use vestibule_domain::wire::crv1::StateId;
use vestibule_domain::{CanonicalUser, EnteredUser, Fault, Properties, TenantName};
use vestibule_store::{NewChallenge, Store, Taken};

use crate::chain::Chain;
use crate::chain_state::{ChainState, Sessions};
use crate::context::Identity;
use crate::method::Method;
use crate::provenance::GroupProvenance;
use crate::records::unavailable;

/// Randomness of a handle in bytes: nobody guesses 192 bits.
const HANDLE_BYTES: usize = 24;

/// A login that waits for its user's answer, as it is stored. The store binds it to the tenant and to the name that the user
/// entered, lets it be taken once, and forgets it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Waiting {
    /// How the user was authenticated; it is not done again.
    pub(crate) method: Option<Method>,
    pub(crate) info: Info,
    /// The policies up to the one that asks, by name and digest: another one would not know what the answer means.
    asked_by: Vec<(String, String)>,
    /// Who it was found out to be: by that the chain was chosen.
    pub(crate) identified: CanonicalUser,
    user: CanonicalUser,
    reason: String,
    set: Properties,
    /// As a question has it that was put before an upgrade.
    #[serde(alias = "choice")]
    group: GroupProvenance,
    sessions: Sessions,
    values: Properties,
}

impl Waiting {
    pub(crate) fn new(identity: &Identity<'_>, state: ChainState, question: &Challenge) -> Self {
        let Identity { chosen, method, info, identified, .. } = identity;
        let ChainState { next, user, reason, set, group, sessions, .. } = state;
        Self {
            method: *method,
            info: info.clone(),
            asked_by: links(chosen.chain, next),
            identified: identified.clone(),
            user,
            reason,
            set,
            group,
            sessions,
            values: question.values.clone(),
        }
    }

    /// What is stored of it, and its handle.
    pub(crate) fn put(&self, user: &EnteredUser, expires: SystemTime) -> Result<(NewChallenge, StateId), Fault> {
        let handle = URL_SAFE_NO_PAD.encode(rand::random::<[u8; HANDLE_BYTES]>());
        let state = serde_json::to_vec(self).map_err(|error| broken(&error.to_string()))?;
        let state_id = StateId::parse(&handle).map_err(|error| broken(&error.to_string()))?;
        // Whoever has proven nothing must not take away the question that the user has in front of them.
        let replaces = self.info.auth_method.is_proven();
        Ok((NewChallenge { id: handle, user: user.to_string(), state, expires, replaces }, state_id))
    }

    /// Takes what waits for this answer.
    pub(crate) async fn take(
        store: &Store,
        tenant: &TenantName,
        user: &EnteredUser,
        state_id: &StateId,
        now: SystemTime,
    ) -> Result<Self, Denial> {
        let taken = store.take_challenge(tenant, state_id.as_str(), user.as_str(), now).await;
        let cause = match taken.map_err(|error| unavailable(&error))? {
            Taken::Valid(state) => {
                return serde_json::from_slice(&state).map_err(|error| broken(&error.to_string()).into());
            }
            Taken::Unknown => Cause::Unknown,
            Taken::Expired => Cause::Expired,
            Taken::Replayed => Cause::Replayed,
            Taken::Stolen => Cause::Stolen,
        };
        Err(refused(cause))
    }

    /// The login as it was when the question was put, with the answer.
    ///
    /// # Errors
    /// The chain has changed since, up to the policy that asked, or none decides alone any more about somebody whom nobody vouches for.
    pub(crate) fn resume(self, response: Response, chain: &Chain) -> Result<ChainState, Denial> {
        let Some(next) = self.asked_by.len().checked_sub(1) else { return Err(refused(Cause::Outdated)) };
        if links(chain, next) != self.asked_by {
            return Err(refused(Cause::Outdated));
        }
        if !self.info.auth_method.is_proven() && !chain.takes_over_authentication() {
            let detail = "no active policy asks to decide alone and is granted it any more";
            return Err(Denial::new(DenyCause::Challenge(Cause::Outdated), detail));
        }
        let Self { user, reason, set, group, sessions, values, .. } = self;
        Ok(ChainState { next, user, reason, set, group, sessions, answered: Some((values, response)) })
    }
}

/// From when on no answer counts.
pub(crate) fn expiry(now: SystemTime, seconds: u64) -> SystemTime {
    now.checked_add(Duration::from_secs(seconds)).unwrap_or(now)
}

fn links(chain: &Chain, asking: usize) -> Vec<(String, String)> {
    let up_to = chain.links().iter().take(asking.saturating_add(1));
    up_to.map(|link| (link.name.clone(), link.digest.clone())).collect()
}

fn refused(cause: Cause) -> Denial {
    Denial::new(
        DenyCause::Challenge(cause),
        match cause {
            Cause::Unknown => "no such question was put",
            Cause::Expired => "the answer came too late",
            Cause::Replayed => "the question was answered before",
            Cause::Stolen => "the question was put to another user",
            Cause::Outdated => "the policy that asked is no longer the active one",
        },
    )
}

/// What the store gave back is not what was put.
fn broken(detail: &str) -> Fault {
    Fault::new(vestibule_domain::Cause::StoreUnavailable, format!("a waiting login cannot be read: {detail}"))
}
