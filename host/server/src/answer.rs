//! Long answers: paid for as they are written, until the client has taken them or has gone.
//!
//! Not for: how much of a list one answer shows; that is the store's pages.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Frame, SizeHint};
use serde::Serialize;
use vestibule_ledger::{Hold, Owner, Pool, Refused};

use crate::problem::{Problem, Result};

/// So much is paid for at once, in bytes.
const PIECE_BYTES: u64 = 64 << 10;
/// What each byte of an answer is paid as: itself, in a text that is twice as long while it grows, and what it was made of.
const WEIGHT: u64 = 3;

/// A JSON object that this owner pays for.
///
/// # Errors
/// [`Problem`]: the owner holds its share of all answers.
pub(crate) fn json(pool: &Pool, payer: &Owner, value: &impl Serialize) -> Result<Response> {
    let mut text = Text { bytes: Vec::new(), hold: pool.take(payer, 0)?, refused: None };
    if let Err(error) = serde_json::to_writer(&mut text, value) {
        return Err(text.refused.map_or_else(
            || {
                tracing::error!(%error, "an answer cannot be written");
                Problem::unavailable("the answer cannot be written")
            },
            Problem::from,
        ));
    }
    let Text { bytes, mut hold, .. } = text;
    hold.shrink(hold.amount().saturating_sub(bytes.len() as u64));
    let body = Body::new(Held { bytes: Some(bytes.into()), _hold: hold });
    let mut response = body.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// A text that is paid for as it grows.
struct Text {
    bytes: Vec<u8>,
    hold: Hold,
    refused: Option<Refused>,
}

impl Write for Text {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        let needed = ((self.bytes.len() + more.len()) as u64).saturating_mul(WEIGHT);
        if let Some(missing) = needed.checked_sub(self.hold.amount()).filter(|missing| *missing > 0)
            && let Err(refused) = self.hold.grow(missing.max(PIECE_BYTES))
        {
            self.refused = Some(refused);
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes that are held until they were taken.
struct Held {
    bytes: Option<Bytes>,
    _hold: Hold,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, Self::Error>>> {
        /// A part that is small enough to have left this machine when the next one is asked for.
        const PART: usize = 64 << 10;
        let Some(bytes) = self.bytes.as_mut().filter(|bytes| !bytes.is_empty()) else { return Poll::Ready(None) };
        let part = bytes.split_to(bytes.len().min(PART));
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::http::StatusCode;
    use serde_json::json;
    use vestibule_ledger::{Resource, Share};

    use super::*;

    fn pool(total: u64) -> Pool {
        Pool::new(Resource::Answers, total, Share { most: total })
    }

    #[tokio::test]
    async fn an_answer_is_held_until_it_was_taken_or_the_client_has_gone() {
        let (pool, value) = (pool(2 << 20), json!({ "list": "x".repeat(200_000) }));
        let text = value.to_string();
        let response = json(&pool, &Owner::Host, &value).unwrap();
        assert_eq!(pool.usage().0, text.len() as u64);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(to_bytes(response.into_body(), usize::MAX).await.unwrap(), text);
        assert_eq!(pool.usage().0, 0);
        drop(json(&pool, &Owner::Host, &value).unwrap());
        assert_eq!(pool.usage().0, 0, "nobody has read it");
    }

    #[test]
    fn what_is_too_much_is_refused_before_it_is_written() {
        let pool = pool(1_000_000);
        let first = json(&pool, &Owner::Host, &"x".repeat(100_000)).unwrap();
        let refused = json(&pool, &Owner::Host, &"x".repeat(140_000)).unwrap_err().into_response();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(pool.usage().0, 100_002);
        drop(first);
        assert!(json(&pool, &Owner::Host, &"x".repeat(140_000)).is_ok());
    }
}
