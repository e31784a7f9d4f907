//! What a front door asks.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vestibule_domain::EnteredUser;
use vestibule_domain::capability::Error;
use vestibule_domain::field::{ClientAddress, Entries, HardwareAddress, Password, Response, SessionId, SessionStates};
use vestibule_domain::login::{Attributes, Authcred, Authret, Info};

use crate::revealed;

/// Somebody who wants to come in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Authenticate {
    /// The name as typed.
    pub username: EnteredUser,
    /// The password as typed. Either this or `crstate` is given.
    #[serde(serialize_with = "revealed::optional", skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// The answer to a question that an earlier answer put.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crstate: Option<ChallengeResponse>,
    /// The client's real address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_ip_addr: Option<ClientAddress>,
    /// What IV_HWADDR carried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_hw_addr: Option<HardwareAddress>,
    /// The answer to a static challenge.
    #[serde(serialize_with = "revealed::optional", skip_serializing_if = "Option::is_none")]
    pub static_response: Option<Response>,
    /// Circumstances that policies see; a VPN login unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Attributes>,
    /// The session that this login begins or renews.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
}

/// What may go along with a login.
#[derive(Debug, Clone, Default, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct LoginHeaders {
    /// Makes one of several requests that are the same: who asks again with the same key is answered the same.
    #[param(rename = "idempotency-key")]
    pub idempotency_key: Option<String>,
    /// How long the front door waits for the answer, in milliseconds. Nobody is let in and nothing saved after that, nor after the tenant's
    /// `deadline_ms`, if that is less; what waits for its turn until then is not begun.
    #[param(rename = "vestibule-deadline-ms", minimum = 1, maximum = 600000)]
    pub deadline_ms: Option<u32>,
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeResponse {
    /// The question's handle.
    pub state_id: String,
    /// What the user answered.
    #[serde(serialize_with = "revealed::text")]
    pub response: Response,
}

/// Somebody whom the front door has authenticated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostAuth {
    /// What the client presented.
    #[serde(serialize_with = "revealed::authcred")]
    pub authcred: Authcred,
    /// Circumstances of the login.
    pub attributes: Attributes,
    /// Present where the front door keeps the users' properties itself. A login that has failed is not asked about: `status` is `succeed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authret: Option<Authret>,
    /// How the user was authenticated.
    pub info: Info,
    /// Present where a question is answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crstate: Option<ChallengeResponse>,
    /// What an earlier answer of this session said to hand over; Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_state: Option<SessionStates>,
    /// The session that this login begins or renews, where the host keeps the properties.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// Whether the front door makes the searches of policies itself, at or below `info.ldap.search_base`.
    #[serde(default)]
    pub serves_directory: bool,
}

/// What a search found, or why it found nothing out: one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Continuation {
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    pub entries: Option<Entries>,
    /// Why nothing was found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
}
