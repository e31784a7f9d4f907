//! An answer as it arrives: whole, or event by event.
//!
//! Not for: what it says.

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Bytes};
use hyper::{Response, StatusCode};

use crate::error::{Error, Result};

/// The largest answer: a component, in full.
const MAX_ANSWER_BYTES: usize = 128 << 20;
/// The longest line of an event: the largest record of a decision.
const MAX_LINE_BYTES: usize = 16 << 20;

/// The body of an answer.
pub(crate) struct Pieces(UnsyncBoxBody<Bytes, String>);

impl Pieces {
    pub(super) fn of<B>(response: Response<B>) -> (StatusCode, Self)
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: ToString,
    {
        let status = response.status();
        (status, Self(response.into_body().map_err(|error| error.to_string()).boxed_unsync()))
    }

    /// All of it.
    pub(super) async fn whole(self) -> Result<Bytes> {
        let body = Limited::new(self.0, MAX_ANSWER_BYTES).collect().await;
        body.map(|body| body.to_bytes()).map_err(|error| broken(error.to_string()))
    }

    /// The next piece; none at the end.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            match self.0.frame().await {
                None => return Ok(None),
                Some(Err(error)) => return Err(broken(error)),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }
}

fn broken(why: String) -> Error {
    Error::fault("the server's answer broke off").because_of(why)
}

/// Server-sent events, of which only the data counts here.
pub(crate) struct Events {
    pieces: Pieces,
    read: Vec<u8>,
}

impl Events {
    pub(crate) const fn new(pieces: Pieces) -> Self {
        Self { pieces, read: Vec::new() }
    }

    /// The data of the next event; none when the server ends.
    pub(crate) async fn next(&mut self) -> Result<Option<String>> {
        loop {
            while let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                if let Some(data) = line.strip_prefix(b"data:") {
                    return Ok(Some(String::from_utf8_lossy(data).trim().to_owned()));
                }
            }
            match self.pieces.next().await? {
                None => return Ok(None),
                Some(piece) if self.read.len() + piece.len() <= MAX_LINE_BYTES => self.read.extend_from_slice(&piece),
                Some(_) => return Err(broken("an event is too long".to_owned())),
            }
        }
    }
}
