//! What a front door is answered.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_domain::Properties;
use vestibule_domain::directory::Query;
use vestibule_domain::login::Status;
use vestibule_domain::outcome::Echo;

/// What becomes of a login. Only `allow` lets anybody in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LoginAnswer {
    /// The decision's name on record; absent for a search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the front door has to do.
    pub decision: Verdict,
    /// Why somebody is kept out: a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub cause: Option<Cow<'static, str>>,
    /// The state of the authentication after the policies; absent for a search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authret: Option<AuthretAnswer>,
    /// What policies want stored. The host has stored it, unless the front door keeps the properties itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proplist_save: Option<Properties>,
    /// The question, for `challenge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Challenge>,
    /// For the next login of this session, where the front door keeps the properties; Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_state: Option<String>,
    /// The search, for `search`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
}

/// The verdict: let in, ask, keep out; or a search that the front door has to make first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The user comes in.
    Allow,
    /// The user is asked a question first.
    Challenge,
    /// The user is kept out.
    Deny,
    /// The front door makes a search first.
    Search,
}

/// The state of the authentication after the policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuthretAnswer {
    /// `succeed` for `allow`, `fail` otherwise.
    pub status: Status,
    /// The canonical name, as far as it is known.
    pub user: String,
    /// Why, for administrators.
    pub reason: String,
    /// Why, for the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_reason: Option<String>,
    /// The user's properties.
    pub proplist: Properties,
}

/// A question for the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Challenge {
    /// What the user is asked.
    pub text: String,
    /// Whether the answer is shown while it is typed.
    pub echo: Echo,
    /// To be handed over with the answer.
    pub state_id: String,
}

/// A search that the front door has to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Search {
    /// Where its result is to be sent.
    pub continuation: String,
    /// What to search for.
    pub query: Query,
}
