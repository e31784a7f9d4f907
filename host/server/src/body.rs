//! Reading what a request carries: JSON whose errors name the line and the key, and bytes.
//!
//! Not for: what it means.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use vestibule_domain::json;
use vestibule_sandbox::MAX_COMPONENT_BYTES;

use crate::problem::Problem;

/// How long a body may take that is short, or of which nobody has said how long it is.
const PATIENCE: Duration = Duration::from_secs(30);
/// What has to come of a longer one in each second besides: a line that is slower does not carry VPNs.
const BYTES_PER_SECOND: u64 = 128 << 10;

/// A JSON object in an answer's body.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// A request's body before it is read, so that nothing is taken in of whoever may not do what is asked.
pub(crate) struct Unread(Request);

impl<S: Send + Sync> FromRequest<S> for Unread {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Infallible> {
        Ok(Self(request))
    }
}

impl Unread {
    /// Its JSON object, of the length that the route allows.
    pub(crate) async fn json<T: DeserializeOwned>(self) -> Result<T, Problem> {
        let headers = self.0.headers().clone();
        read(&headers, &self.whole().await?)
    }

    /// Its bytes, of the length that the route allows, if they come in time.
    pub(crate) async fn whole(self) -> Result<Bytes, Problem> {
        let patience = patience(self.0.headers());
        let read = timeout(patience, Bytes::from_request(self.0, &())).await.map_err(|_| {
            let detail = format!("the body did not come within {} seconds", patience.as_secs());
            Problem::new(StatusCode::REQUEST_TIMEOUT, "too-slow", detail)
        })?;
        read.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "the body has more bytes than this takes")
            }
            _ => Problem::new(StatusCode::BAD_REQUEST, "malformed", "the body could not be read"),
        })
    }
}

/// Reads a body as a JSON object.
pub(crate) fn read<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Problem> {
    ensure_json(headers)?;
    let malformed = |detail: &str| Problem::new(StatusCode::BAD_REQUEST, "malformed", detail);
    // Where everything is as it should be, nobody has to be told where something is not.
    if bytes.first() == Some(&b'{')
        && let Ok(value) = serde_json::from_slice(bytes)
    {
        return Ok(value);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("the body is no UTF-8 text"))?;
    json::object_from_str("body", text).map_err(|error| match is_json(text) {
        true => Problem::invalid(error.to_string()),
        false => malformed(&error.to_string()),
    })
}

/// The parts of a path, each of which has to be what it stands for.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        // What cannot be a name is nobody's.
        let path = path.ok().filter(|_| !has_nul(parts.uri.path()));
        path.map(|axum::extract::Path(path)| Self(path))
            .ok_or_else(|| Problem::not_found("there is nothing of that name"))
    }
}

/// The query of an address.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if parts.uri.query().is_some_and(has_nul) {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "malformed", "query: there is a NUL character in it"));
        }
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|axum::extract::Query(query)| Self(query)).map_err(|rejection| {
            let text = rejection.body_text();
            let said = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
            Problem::new(StatusCode::BAD_REQUEST, "malformed", format!("query: {said}"))
        })
    }
}

/// Nothing that is stored has a NUL character in it, and PostgreSQL does not even look for one.
fn has_nul(escaped: &str) -> bool {
    escaped.contains("%00")
}

fn patience(headers: &HeaderMap) -> Duration {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let length = length.unwrap_or_default().min(MAX_COMPONENT_BYTES as u64);
    PATIENCE + Duration::from_secs(length / BYTES_PER_SECOND)
}

fn ensure_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", "the body has to be `application/json`"))
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures_util::stream;
    use tokio::time::Instant;

    use super::*;

    async fn read(length: Option<u64>, body: Body) -> Result<Bytes, StatusCode> {
        let mut request = Request::new(body);
        if let Some(length) = length {
            request.headers_mut().insert(CONTENT_LENGTH, length.into());
        }
        Unread(request).whole().await.map_err(|problem| problem.into_response().status())
    }

    fn endless() -> Body {
        Body::from_stream(stream::pending::<Result<Bytes, Infallible>>())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let began = Instant::now();
        assert_eq!(read(None, endless()).await, Err(StatusCode::REQUEST_TIMEOUT));
        assert_eq!(began.elapsed().as_secs(), 30);
        assert_eq!(read(Some(u64::MAX), endless()).await, Err(StatusCode::REQUEST_TIMEOUT));
        assert_eq!(began.elapsed().as_secs(), 60 + 512);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_body_has_longer() {
        let slow = stream::once(async {
            tokio::time::sleep(Duration::from_secs(40)).await;
            Ok::<_, Infallible>(Bytes::from_static(b"x"))
        });
        assert_eq!(read(Some(2 << 20), Body::from_stream(slow)).await, Ok(Bytes::from_static(b"x")));
    }
}
