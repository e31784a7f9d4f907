//! Speaks the API: to a server over a socket, or to a data directory that this process has opened, in the same words.
//!
//! Not for: what the words mean; that is the commands'.

mod connect;
mod pieces;

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower::ServiceExt as _;
use vestibule_api::Problem;
use vestibule_domain::Secret;
use vestibule_domain::text::log_text;
use vestibule_server::access::Peer;

use crate::error::{Error, Result};
use crate::host::Host;
use connect::Address;

pub(crate) use pieces::{Events, Pieces};

/// How long it takes until a tenant's tokens may ask again: no terms allow fewer requests than one a second.
const WAIT: Duration = Duration::from_secs(1);
/// How often to wait for one answer, if others ask as well.
const MAX_WAITS: u32 = 30;
/// The longest sentence of a server's that is shown, in bytes.
const MAX_DETAIL_BYTES: usize = 1024;

/// A host that answers.
pub(crate) struct Client {
    transport: Transport,
    token: Option<Secret>,
}

enum Transport {
    Here(Box<Host>),
    There(Address),
}

/// One request.
#[derive(Clone)]
pub(crate) struct Call {
    method: Method,
    path: String,
    kind: &'static str,
    body: Bytes,
    headers: Vec<(&'static str, String)>,
}

impl Call {
    pub(crate) fn get(path: &str) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn delete(path: &str) -> Self {
        Self::new(Method::DELETE, path)
    }

    pub(crate) fn put(path: &str, body: &impl Serialize) -> Result<Self> {
        Self::new(Method::PUT, path).json(body)
    }

    pub(crate) fn post(path: &str, body: &impl Serialize) -> Result<Self> {
        Self::new(Method::POST, path).json(body)
    }

    pub(crate) fn patch(path: &str, body: &impl Serialize) -> Result<Self> {
        Self::new(Method::PATCH, path).json(body)
    }

    /// A component.
    pub(crate) fn upload(path: &str, wasm: Vec<u8>) -> Self {
        Self { kind: "application/wasm", body: Bytes::from(wasm), ..Self::new(Method::POST, path) }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// What is asked beside the path, such as which part of a list.
    pub(crate) fn query(mut self, query: &impl Serialize) -> Result<Self> {
        let query = serde_urlencoded::to_string(query).map_err(|error| malformed().because(&error))?;
        if !query.is_empty() {
            self.path = format!("{}?{query}", self.path);
        }
        Ok(self)
    }

    fn json(self, body: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(body).map_err(|error| malformed().because(&error))?;
        Ok(Self { kind: "application/json", body: Bytes::from(body), ..self })
    }

    fn new(method: Method, path: &str) -> Self {
        Self { method, path: path.to_owned(), kind: "", body: Bytes::new(), headers: Vec::new() }
    }
}

impl Client {
    /// A host that this process has opened itself.
    pub(crate) fn here(host: Host) -> Self {
        Self { transport: Transport::Here(Box::new(host)), token: None }
    }

    /// A server. Nothing is said to it yet.
    pub(crate) fn connect(server: &str, token: Option<Secret>, ca_file: Option<&Path>) -> Result<Self> {
        Ok(Self { transport: Transport::There(Address::parse(server, ca_file)?), token })
    }

    /// The host, where this process has opened it.
    pub(crate) fn host(&self) -> Option<&Host> {
        match &self.transport {
            Transport::Here(host) => Some(host),
            Transport::There(_) => None,
        }
    }

    /// Writes what is waiting to be written.
    pub(crate) async fn close(&self) {
        if let Transport::Here(host) = &self.transport {
            host.store.close().await;
        }
    }

    /// What is answered to a request.
    pub(crate) async fn read<T: DeserializeOwned>(&self, call: Call) -> Result<T> {
        let answer = self.stream(call).await?.whole().await?;
        serde_json::from_slice(&answer).map_err(|error| unreadable().because(&error))
    }

    /// Asks for what is done, whatever is answered.
    pub(crate) async fn done(&self, call: Call) -> Result<()> {
        self.stream(call).await?.whole().await.map(|_| ())
    }

    /// What is answered piece by piece. Where the tenant's tokens ask too often, it is asked again: a file of ten thousand users is one
    /// command.
    pub(crate) async fn stream(&self, call: Call) -> Result<Pieces> {
        let mut waits = MAX_WAITS;
        loop {
            let (status, pieces) = self.ask(call.clone()).await?;
            if status.is_success() {
                return Ok(pieces);
            }
            let body = pieces.whole().await?;
            if waits == 0 || !asks_too_often(status, &body) {
                return Err(refused(status, &body));
            }
            waits -= 1;
            tokio::time::sleep(WAIT).await;
        }
    }

    async fn ask(&self, call: Call) -> Result<(StatusCode, Pieces)> {
        let mut request = Request::builder().method(call.method).uri(call.path);
        if !call.kind.is_empty() {
            request = request.header(CONTENT_TYPE, call.kind);
        }
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {}", token.expose()));
        }
        let malformed = |error: hyper::http::Error| malformed().because(&error);
        match &self.transport {
            Transport::There(address) => {
                let request = request.header(HOST, address.host()).body(Full::new(call.body)).map_err(malformed)?;
                Ok(Pieces::of(address.send(request).await?))
            }
            Transport::Here(host) => {
                let request = request.body(axum::body::Body::from(call.body)).map_err(malformed)?;
                Ok(Pieces::of(here(host, request).await))
            }
        }
    }
}

/// Whoever may open the data directory may do everything.
async fn here(host: &Host, mut request: Request<axum::body::Body>) -> Response<axum::body::Body> {
    request.extensions_mut().insert(Peer::own("the command line"));
    match host.app.router().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn asks_too_often(status: StatusCode, body: &[u8]) -> bool {
    let problem = serde_json::from_slice::<Problem>(body);
    status == StatusCode::TOO_MANY_REQUESTS && problem.is_ok_and(|problem| problem.code == "too-many-requests")
}

/// A problem document in this program's voice. What stands between here and the host may answer without one.
fn refused(status: StatusCode, body: &[u8]) -> Error {
    let Ok(Problem { code, detail, hint, .. }) = serde_json::from_slice(body) else {
        let said = format!("the server answered {status}");
        return if status.is_server_error() { Error::fault(said) } else { Error::bad_input(said) };
    };
    let detail = log_text(&detail, MAX_DETAIL_BYTES);
    let error = match (status.as_u16(), &*code) {
        (_, "bad-policy") => Error::bad_policy(detail),
        (500.., _) => Error::fault(detail),
        _ => Error::bad_input(detail),
    };
    match hint {
        Some(hint) => error.hint(log_text(&hint, MAX_DETAIL_BYTES)),
        None => error,
    }
}

/// An answer that means nothing here.
pub(crate) fn unreadable() -> Error {
    Error::fault("the server's answer cannot be read")
}

fn malformed() -> Error {
    Error::bad_input("this cannot be sent")
}

/// What stands for itself in a part of a path (RFC 3986, section 2.3).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A part of a path (RFC 3986, section 3.3).
pub(crate) fn escape(part: &str) -> impl Display {
    utf8_percent_encode(part, PLAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_no_more_than_one_part_of_a_path() {
        assert_eq!(escape("joe.user-1_~").to_string(), "joe.user-1_~");
        assert_eq!(escape("a/b?c#d%e ä").to_string(), "a%2Fb%3Fc%23d%25e%20%C3%A4");
    }

    #[test]
    fn a_problem_is_told_in_this_programs_voice() {
        let body = br#"{"type":"about:blank","title":"","status":422,"code":"bad-policy","detail":"it is no component","hint":"build one"}"#;
        let error = refused(StatusCode::UNPROCESSABLE_ENTITY, body).to_string();
        assert_eq!(error, "error: it is no component\nhint: build one");
        assert!(refused(StatusCode::BAD_GATEWAY, b"<html>").to_string().contains("502"));
    }
}
