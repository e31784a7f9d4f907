//! Answers to administrators: paid for as they are written, until the last byte has left for the client or the client has gone.
//!
//! Not for: how much of a list one answer shows; that is the store's pages.

use std::io::{self, Write};

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use vestibule_ledger::{Hold, Owner, Pool, Refused};

use crate::access::Caller;
use crate::app::App;
use crate::problem::{Problem, Result};

/// So much is paid for at once, in bytes.
const PIECE_BYTES: u64 = 64 << 10;
/// What each byte of an answer is paid as: itself, in a text that is twice as long while it grows, and what it was made of.
const WEIGHT: u64 = 3;

/// A JSON object that whoever asks pays for.
///
/// # Errors
/// [`Problem`]: the payer holds its share of all answers.
pub(crate) fn json(app: &App, caller: &Caller, value: &impl Serialize) -> Result<Response> {
    paid_by(&caller.payer(), app.ledger.answers(), value)
}

fn paid_by(payer: &Owner, pool: &Pool, value: &impl Serialize) -> Result<Response> {
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
    let mut response = Body::from(held(bytes.into_boxed_slice(), hold)).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// Bytes that are held for as long as any part of them is in memory. A body is dropped when its last part is taken, and that part stays
/// until the client reads it.
pub(crate) fn held<H: Send + 'static>(bytes: impl AsRef<[u8]> + Send + 'static, hold: H) -> Bytes {
    Bytes::from_owner(Held { bytes, _hold: hold })
}

struct Held<T, H> {
    bytes: T,
    _hold: H,
}

impl<T: AsRef<[u8]>, H> AsRef<[u8]> for Held<T, H> {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_ref()
    }
}

/// A JSON object that takes no more than the head of its request: nobody pays for it, so that nobody is told that there was no room for
/// the number or token that has just been made.
pub(crate) struct Short<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Short<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
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

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::http::StatusCode;
    use futures_util::StreamExt as _;
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
        let response = paid_by(&Owner::Host, &pool, &value).unwrap();
        assert_eq!(pool.usage().0, text.len() as u64);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(to_bytes(response.into_body(), usize::MAX).await.unwrap(), text);
        assert_eq!(pool.usage().0, 0);
        drop(paid_by(&Owner::Host, &pool, &value).unwrap());
        assert_eq!(pool.usage().0, 0, "nobody has read it");
    }

    #[test]
    fn what_is_too_much_is_refused_before_it_is_written() {
        let pool = pool(1_000_000);
        let first = paid_by(&Owner::Host, &pool, &"x".repeat(100_000)).unwrap();
        let refused = paid_by(&Owner::Host, &pool, &"x".repeat(140_000)).unwrap_err().into_response();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(pool.usage().0, 100_002);
        drop(first);
        assert!(paid_by(&Owner::Host, &pool, &"x".repeat(140_000)).is_ok());
    }

    #[tokio::test]
    async fn whoever_has_not_read_the_last_part_of_an_answer_holds_all_of_it() {
        let pool = pool(2 << 20);
        let mut parts = paid_by(&Owner::Host, &pool, &"x".repeat(200_000)).unwrap().into_body().into_data_stream();
        let mut last = Bytes::new();
        while let Some(part) = parts.next().await {
            last = part.unwrap();
            last = last.split_off(last.len() - 1);
        }
        drop(parts);
        assert_eq!(pool.usage().0, 200_002);
        drop(last);
        assert_eq!(pool.usage().0, 0);
    }
}
