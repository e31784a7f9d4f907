//! Requests to the origins that the manifest wants and the tenant grants.
//!
//! Not for: anything that a login can do without. The request runs on the login's time.

pub use crate::bindings::vestibule::policy::http::{Error, Method, Request, Response, send};

/// The text of an error, so that `?` turns it into the policy's own.
impl From<Error> for String {
    fn from(error: Error) -> Self {
        let (problem, detail) = match error {
            Error::Denied(detail) => ("request refused", detail),
            Error::Unavailable(detail) => ("no response", detail),
            Error::InvalidRequest(detail) => ("malformed request", detail),
            Error::Exhausted(detail) => ("no request left", detail),
            Error::Other(detail) => ("request failed", detail),
        };
        format!("http: {problem}: {detail}")
    }
}
