//! What is answered when something is wrong: a problem document (RFC 9457) with a stable code and what to do.
//!
//! Not for: denied logins, which are answers like any other.

use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use utoipa::IntoResponses;
use vestibule_api::Problem as Document;
use vestibule_domain::text::log_text;
use vestibule_gate::PasswordError;
use vestibule_ledger::Refused;
use vestibule_registry::{Busy, Error, LoginError};

pub(crate) type Result<T> = std::result::Result<T, Problem>;

/// The longest detail in bytes.
const MAX_DETAIL_BYTES: usize = 1024;

/// A problem, and how long to wait before trying again.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    document: Box<Document>,
    retry_after: Option<Duration>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl AsRef<str>) -> Self {
        let document = Box::new(Document {
            kind: "about:blank".into(),
            title: status.canonical_reason().unwrap_or_default().into(),
            status: status.as_u16(),
            code: code.into(),
            detail: log_text(detail.as_ref(), MAX_DETAIL_BYTES),
            hint: None,
        });
        Self { document, retry_after: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.document.hint = Some(hint.into());
        self
    }

    pub(crate) fn malformed(detail: impl AsRef<str>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    pub(crate) fn invalid(detail: impl AsRef<str>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
    }

    pub(crate) fn not_found(detail: impl AsRef<str>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    pub(crate) fn unauthorized(detail: impl AsRef<str>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
            .hint("send a token as `Authorization: Bearer ...`; `vestibule token create` makes one")
    }

    pub(crate) fn forbidden(detail: impl AsRef<str>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    pub(crate) fn method_not_allowed() -> Self {
        let detail = "this address does not take this method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
            .hint("`/v1/openapi.json` lists those that it takes")
    }

    /// Too much at once; trying again helps.
    pub(crate) fn overloaded(detail: impl AsRef<str>) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", detail);
        Self { retry_after: Some(Duration::from_secs(1)), ..problem }
    }

    /// Whether there was more at once than whoever asks may ever have.
    pub(crate) fn is_too_much(&self) -> bool {
        self.document.code == "overloaded" && self.retry_after.is_none()
    }

    pub(crate) fn unavailable(detail: impl AsRef<str>) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
        Self { retry_after: Some(Duration::from_secs(1)), ..problem }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.document.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.document).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().clamp(1, 3600)));
        }
        response
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::NoTenant(_) | Error::Unknown { .. } => StatusCode::NOT_FOUND,
            Error::Exists(_) | Error::InFile(_) | Error::Conflict { .. } | Error::InUse(_) => StatusCode::CONFLICT,
            Error::Terms(_) => StatusCode::FORBIDDEN,
            Error::Requests(_) => StatusCode::TOO_MANY_REQUESTS,
            Error::Used(_) | Error::Password(PasswordError::Busy(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Unready { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Error::Policy(failure) if failure.is_the_hosts() => return Self::unavailable(error.to_string()),
            // What is refused for the load, or for being too much at a time, says so itself.
            Error::Store(store) if store.retry_after().is_some() => StatusCode::SERVICE_UNAVAILABLE,
            Error::Store(store) if !store.is_unavailable() => return Self::invalid(error.to_string()),
            Error::Store(_) => {
                tracing::error!(%error, "a request could not be served");
                return Self::unavailable("the store does not answer");
            }
            Error::Damaged(_) => {
                tracing::error!(%error, "what is stored is damaged");
                StatusCode::INTERNAL_SERVER_ERROR
            }
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let problem = Self { retry_after: error.retry_after(), ..Self::new(status, error.code(), error.to_string()) };
        match error.hint() {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", refused.to_string());
        match refused.retry_after() {
            Some(wait) => Self { retry_after: Some(wait), ..problem },
            None => problem.hint("this is more than one may ever have here: send less at once"),
        }
    }
}

impl From<vestibule_store::Error> for Problem {
    fn from(error: vestibule_store::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::NoTenant(tenant) => Error::NoTenant(tenant).into(),
            LoginError::Unavailable(error) => {
                tracing::error!(%error, "a tenant could not be made ready");
                let problem = Self::unavailable("the tenant could not be made ready: nobody may be let in");
                Self { retry_after: error.retry_after().or(problem.retry_after), ..problem }
            }
            LoginError::Busy(busy) => {
                let status = match busy {
                    Busy::Logins(_) | Busy::Fuel(_) => StatusCode::TOO_MANY_REQUESTS,
                    Busy::Waiting(_) | Busy::Late | Busy::Ending => StatusCode::SERVICE_UNAVAILABLE,
                };
                let problem = Self::new(status, busy.code(), busy.to_string());
                Self { retry_after: Some(busy.retry_after()), ..problem }
            }
        }
    }
}

/// What every endpoint may answer besides.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the macro alone, for the document")]
pub(crate) enum Problems {
    /// Not to be read as a request.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(Document),
    /// No token, or not a good one.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(Document),
    /// The token's scopes or the tenant's terms do not allow it.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Document),
    /// There is no such thing.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Document),
    /// The body did not come in time.
    #[response(status = 408, content_type = "application/problem+json")]
    TooSlow(Document),
    /// Something else is the case than the request supposes.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Document),
    /// Too many bytes.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Document),
    /// Another content type is expected.
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(Document),
    /// Well-formed, but not possible.
    #[response(status = 422, content_type = "application/problem+json")]
    Unprocessable(Document),
    /// More than the tenant's terms allow.
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(Document),
    /// What is stored is damaged: the host's log says what.
    #[response(status = 500, content_type = "application/problem+json")]
    Damaged(Document),
    /// Try again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Document),
}
