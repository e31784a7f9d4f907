//! What a front door is answered.
//!
//! Not for: the log's words; a front door is told no more than it needs.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vestibule_api::{AuthretAnswer, Challenge, LoginAnswer, Search, Verdict};
use vestibule_domain::directory::Query;
use vestibule_domain::grant::is_private;
use vestibule_domain::login::Status;
use vestibule_domain::{Decision, Properties};
use vestibule_gate::Answer;

use crate::answer::held;
use crate::body::Paid;

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

/// A decision. Nobody gets properties by being kept out; what a front door has given, it gets back. Of records that the host keeps,
/// what is private stays here: seeds of codes and digests of passwords are among it.
pub(crate) fn of(recorded: Option<Properties>, answer: Answer) -> LoginAnswer {
    let Answer { id, user, decision, reason, state_id, session_state, .. } = answer;
    let kept_here = recorded.is_none();
    let recorded = recorded.unwrap_or_default();
    let authret =
        |status, client_reason, proplist| Some(AuthretAnswer { status, user, reason, client_reason, proplist });
    let blank = LoginAnswer {
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
        Decision::Allow { proplist, proplist_save, .. } => LoginAnswer {
            decision: Verdict::Allow,
            authret: authret(
                Status::Succeed,
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
        Decision::Challenge { challenge, proplist_save } => LoginAnswer {
            decision: Verdict::Challenge,
            authret: authret(Status::Fail, None, recorded),
            proplist_save: Some(proplist_save),
            challenge: Some(Challenge {
                text: challenge.text.as_str().to_owned(),
                echo: challenge.echo,
                state_id: state_id.map(|id| id.as_str().to_owned()).unwrap_or_default(),
            }),
            ..blank
        },
        Decision::Deny(denial) => LoginAnswer {
            cause: Some(denial.cause.code().into()),
            authret: authret(Status::Fail, Some(denial.client_reason.as_str().to_owned()), recorded),
            ..blank
        },
    }
}

/// A search to be made first.
pub(crate) fn search(continuation: String, query: Query) -> LoginAnswer {
    LoginAnswer {
        id: None,
        decision: Verdict::Search,
        cause: None,
        authret: None,
        proplist_save: None,
        challenge: None,
        session_state: None,
        search: Some(Search { continuation, query }),
    }
}
