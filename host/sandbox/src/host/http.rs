//! `http`: requests, granted by origin, counted, and written to the log of host calls.
//!
//! Not for: sending anything; see [`crate::capability::Http`].

use std::sync::Arc;
use std::time::Duration;

use vestibule_domain::capability::Error;
use vestibule_domain::http::{Method, Request, Response};
use vestibule_domain::text::log_text;
use wasmtime::Result;
use wasmtime::component::LinkerInstance;

use crate::bindings::http as wit;
use crate::crossing::{Passes, function_async};
use crate::host_call_log::Exchange;
use crate::state::State;

/// The longest URL and the most and longest headers of a request: what servers take at most.
const MAX_URL_BYTES: usize = 8 << 10;
const MAX_HEADERS: usize = 64;
const MAX_HEADER_BYTES: usize = 8 << 10;

pub(super) fn define(linker: &mut LinkerInstance<'_, State>) -> Result<()> {
    function_async(linker, "send", |state, (request,): (wit::Request,)| Box::pin(state.send(request)))
}

impl State {
    async fn send(&mut self, request: wit::Request) -> Result<(Result<wit::Response, wit::Error>,)> {
        let answer = match self.allowed(request) {
            Ok(request) => self.send_taped(request).await?,
            Err(error) => Err(error),
        };
        if let Err(error) = &answer {
            self.note_failed(error);
        }
        Ok((answer.map(response).map_err(wit::Error::from),))
    }

    /// The request, if it is granted, well-formed, and within the budget.
    fn allowed(&mut self, request: wit::Request) -> Result<Request, Error> {
        ensure_short(&request)?;
        self.configuration.grants.allows_url(&request.url)?;
        if request.timeout_ms == Some(0) {
            return Err(Error::Invalid("`timeout_ms` must be 1 or more".to_owned()));
        }
        request.headers.iter().try_for_each(|(name, value)| check_header(name, value))?;
        let headers = request.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        self.budget.take_request(request.url.len() + headers + request.body.len()).map_err(Error::Exhausted)?;
        Ok(request_of(request))
    }

    /// Asks the world and writes the answer down, or reads it back. What is too large for the budget is not kept.
    async fn send_taped(&mut self, request: Request) -> Result<Result<Response, Error>> {
        let answer = if self.call_log.is_live() {
            self.memory.take_for_answers()?;
            let http = Arc::clone(&self.configuration.capabilities.http);
            within(request.timeout_ms, http.send(&request)).await
        } else {
            match self.call_log.next(|next| matches!(next, Exchange::Http { request: asked, .. } if *asked == request))
            {
                Some(Exchange::Http { answer, .. }) => answer,
                _ => {
                    self.ensure_waited()?;
                    Err(Error::Unavailable("the recording has no answer to this request".to_owned()))
                }
            }
        };
        let answer = answer.and_then(|response| {
            self.budget.take_response(response.size()).map_err(Error::Exhausted)?;
            Ok(response)
        });
        self.call_log.write(Exchange::Http { request, answer: answer.clone() });
        Ok(answer)
    }
}

impl From<Error> for wit::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(detail) => Self::Denied(detail),
            Error::Unavailable(detail) => Self::Unavailable(detail),
            Error::Invalid(detail) => Self::InvalidRequest(detail),
            Error::Exhausted(detail) => Self::Exhausted(detail),
        }
    }
}

/// Nothing is read of a request that no server would.
fn ensure_short(request: &wit::Request) -> Result<(), Error> {
    let too_long = |what, bytes, most| Err(Error::Invalid(format!("{what} of {bytes} bytes, more than {most}")));
    if request.url.len() > MAX_URL_BYTES {
        return too_long("a URL", request.url.len(), MAX_URL_BYTES);
    }
    if request.headers.len() > MAX_HEADERS {
        return Err(Error::Invalid(format!("{} headers, more than {MAX_HEADERS}", request.headers.len())));
    }
    match request.headers.iter().map(|(name, value)| name.len() + value.len()).find(|bytes| *bytes > MAX_HEADER_BYTES) {
        Some(bytes) => too_long("a header", bytes, MAX_HEADER_BYTES),
        None => Ok(()),
    }
}

/// A request that takes longer than the policy wants to wait is dropped.
async fn within(
    timeout_ms: Option<u32>,
    response: impl Future<Output = Result<Response, Error>>,
) -> Result<Response, Error> {
    let Some(millis) = timeout_ms else { return response.await };
    let answered = tokio::time::timeout(Duration::from_millis(millis.into()), response).await;
    answered.unwrap_or_else(|_| Err(Error::Unavailable(format!("no response within {millis} ms"))))
}

/// Headers that say where a request goes and where it ends: a policy that set them could reach past its grant.
const FRAMING_HEADERS: [&str; 9] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// RFC 9110, section 5: a name is a token; a value has no control characters, or one header could carry another.
fn check_header(name: &str, value: &str) -> Result<(), Error> {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let framing = FRAMING_HEADERS.iter().any(|framing| name.eq_ignore_ascii_case(framing));
    if framing {
        return Err(Error::Invalid(format!("the header `{name}` is the host's to set")));
    }
    if name.is_empty() || !name.chars().all(token) || value.chars().any(|c| c.is_control() && c != '\t') {
        return Err(Error::Invalid(format!("the header `{}` is malformed", log_text(name, 64))));
    }
    Ok(())
}

fn request_of(request: wit::Request) -> Request {
    Request {
        method: match request.method {
            wit::Method::Get => Method::Get,
            wit::Method::Head => Method::Head,
            wit::Method::Post => Method::Post,
            wit::Method::Put => Method::Put,
            wit::Method::Patch => Method::Patch,
            wit::Method::Delete => Method::Delete,
        },
        url: request.url,
        headers: request.headers,
        body: request.body,
        timeout_ms: request.timeout_ms,
    }
}

fn response(response: Response) -> wit::Response {
    wit::Response { status: response.status, headers: response.headers, body: response.body }
}

impl Passes for wit::Request {
    fn weight(&self) -> u64 {
        let Self { method: _, url, headers, body, timeout_ms: _ } = self;
        Passes::weight(url) + headers.weight() + body.weight()
    }
}

impl Passes for wit::Response {
    fn weight(&self) -> u64 {
        self.headers.weight() + self.body.weight()
    }
}

impl Passes for wit::Error {
    fn weight(&self) -> u64 {
        match self {
            Self::Denied(detail)
            | Self::Unavailable(detail)
            | Self::InvalidRequest(detail)
            | Self::Exhausted(detail)
            | Self::Other(detail) => Passes::weight(detail),
        }
    }
}
