//! What stands in a request's address: the parts of its path, and its query.
//!
//! Not for: what is there.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

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
