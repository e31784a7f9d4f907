//! What a front door is answered.
//!
//! Not for: the log's words; a front door is told no more than it needs.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_domain::directory::Query;
use vestibule_domain::grant::is_private;
use vestibule_domain::outcome::Echo;
use vestibule_domain::{Decision, Properties};
use vestibule_gate::Answer;

use crate::answer::held;
use crate::body::Paid;

/// What becomes of a login. Only `allow` lets anybody in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LoginAnswer {
    /// The decision's name on record; absent for a search.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    decision: Verdict,
    /// Why somebody is kept out: a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authret: Option<AuthretJson>,
    /// What policies want stored. The host has stored it, unless the front door keeps the properties itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    proplist_save: Option<Properties>,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<ChallengeJson>,
    /// For the next login of this session, where the front door keeps the properties; Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    search: Option<SearchJson>,
}

/// The verdict: let in, ask, keep out; or a search that the front door has to make first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Allow,
    Challenge,
    Deny,
    Search,
}

/// The state of the authentication after the policies.
#[derive(Debug, Serialize, ToSchema)]
struct AuthretJson {
    /// `succeed` or `fail`.
    status: &'static str,
    user: String,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_reason: Option<String>,
    #[schema(value_type = BTreeMap<String, String>)]
    proplist: Properties,
}

/// A question for the user.
#[derive(Debug, Serialize, ToSchema)]
struct ChallengeJson {
    text: String,
    /// Whether the answer is shown while it is typed.
    echo: bool,
    /// To be handed over with the answer.
    state_id: String,
}

/// A search that the front door has to make.
#[derive(Debug, Serialize, ToSchema)]
struct SearchJson {
    /// Where its result is to be sent.
    continuation: String,
    #[schema(value_type = Object)]
    query: Query,
}

/// What was decided, paid for as what was asked until it has left for the front door.
pub(crate) struct Decided {
    pub(crate) answer: LoginAnswer,
    pub(crate) paid: Paid,
}

impl IntoResponse for Decided {
    fn into_response(self) -> Response {
        let Self { answer, paid } = self;
        let text = serde_json::to_vec(&answer).unwrap_or_default().into_boxed_slice();
        let paid = paid.for_an_answer(text.len() as u64);
        let json = HeaderValue::from_static("application/json");
        ([(CONTENT_TYPE, json)], Body::from(held(text, paid))).into_response()
    }
}

impl LoginAnswer {
    /// A decision. Nobody gets properties by being kept out; what a front door has given, it gets back. Of records that the host keeps,
    /// what is private stays here: seeds of codes and digests of passwords are among it.
    pub(crate) fn of(recorded: Option<Properties>, answer: Answer) -> Self {
        let Answer { id, user, decision, reason, state_id, session_state, .. } = answer;
        let kept_here = recorded.is_none();
        let recorded = recorded.unwrap_or_default();
        let authret =
            |status, client_reason, proplist| Some(AuthretJson { status, user, reason, client_reason, proplist });
        let blank = Self {
            id: Some(id),
            decision: Verdict::Deny,
            cause: None,
            authret: None,
            proplist_save: None,
            challenge: None,
            session_state: None,
            search: None,
        };
        match decision {
            Decision::Allow { proplist, proplist_save, .. } => Self {
                decision: Verdict::Allow,
                authret: authret(
                    "succeed",
                    None,
                    match kept_here {
                        true => proplist.filter(|name, _| !is_private(name)),
                        false => proplist,
                    },
                ),
                proplist_save: Some(proplist_save),
                session_state: session_state.map(|state| STANDARD.encode(state)),
                ..blank
            },
            Decision::Challenge { challenge, proplist_save } => Self {
                decision: Verdict::Challenge,
                authret: authret("fail", None, recorded),
                proplist_save: Some(proplist_save),
                challenge: Some(ChallengeJson {
                    text: challenge.text.as_str().to_owned(),
                    echo: challenge.echo == Echo::Shown,
                    state_id: state_id.map(|id| id.as_str().to_owned()).unwrap_or_default(),
                }),
                ..blank
            },
            Decision::Deny(denial) => Self {
                cause: Some(denial.cause.code()),
                authret: authret("fail", Some(denial.client_reason.as_str().to_owned()), recorded),
                ..blank
            },
        }
    }

    /// A search to be made first.
    pub(crate) fn search(continuation: String, query: Query) -> Self {
        Self {
            id: None,
            decision: Verdict::Search,
            cause: None,
            authret: None,
            proplist_save: None,
            challenge: None,
            session_state: None,
            search: Some(SearchJson { continuation, query }),
        }
    }
}
