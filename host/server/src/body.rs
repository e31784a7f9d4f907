//! Reading what a request carries: JSON whose errors name the line and the key, and bytes.
//!
//! Not for: what it means.

mod address;
mod aside;
mod coming;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use vestibule_domain::json;
use vestibule_ledger::{Hold, Owner, Pool};

use crate::problem::Problem;
pub(crate) use address::{Path, Query};
pub(crate) use aside::Aside;
pub(crate) use coming::Coming;

/// The longest JSON body in bytes: the largest login that the contract allows, with its lists in JSON.
const MAX_JSON_BYTES: u64 = 2 << 20;
/// The most that one JSON value takes besides its text: an entry of a map, in a list that is twice as long as it has to be.
const VALUE_BYTES: u64 = 160;
/// From how many bytes on a text is long: reading it takes as long as most logins do. Few logins have as many.
pub(crate) const LONG_BYTES: u64 = 64 << 10;

/// A request's body before it is read, so that nothing is taken in of whoever may not do what is asked.
pub(crate) struct Unread {
    request: Request,
    pool: Pool,
    aside: Option<Aside>,
}

/// A body that was read, and is paid for.
pub(crate) struct Whole {
    headers: HeaderMap,
    bytes: Bytes,
    paid: Paid,
    /// Where it is read, and in whose turn, if it is long.
    aside: Option<(Aside, Owner)>,
}

/// What a body takes, for as long as anything that was made of it is held.
pub(crate) struct Paid(Hold);

impl Paid {
    /// The same for an answer of so many bytes, as far as its owner may have as many: what was decided is told in any case.
    pub(crate) fn for_an_answer(mut self, bytes: u64) -> Self {
        let held = self.0.amount();
        self.0.shrink(held.saturating_sub(bytes));
        let _ = self.0.grow(bytes.saturating_sub(held));
        self
    }

    #[cfg(test)]
    pub(crate) fn nothing() -> Self {
        let pool = Pool::new(vestibule_ledger::Resource::RequestBodies, 0, vestibule_ledger::Share { most: 0 });
        Self(pool.take(&Owner::Host, 0).unwrap())
    }
}

impl Unread {
    /// What comes is paid from this pool, and read on these threads if it is long.
    pub(crate) fn new(request: Request, pool: Pool, aside: Option<Aside>) -> Self {
        Self { request, pool, aside }
    }

    /// The headers of its request.
    pub(crate) fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// Its JSON object, which this owner pays for.
    pub(crate) async fn json<T: DeserializeOwned + Send + 'static>(self, payer: &Owner) -> Result<(T, Paid), Problem> {
        self.whole(payer).await?.read(Whole::json).await
    }

    /// Its bytes, which this owner pays for, if they come in time.
    pub(crate) async fn whole(self, payer: &Owner) -> Result<Whole, Problem> {
        let Self { request, pool, aside } = self;
        let (Parts { headers, .. }, body) = request.into_parts();
        let mut coming = Coming::new(body, MAX_JSON_BYTES)?;
        let declared = coming.declared();
        let mut hold = pool.take(payer, declared.unwrap_or_default())?;
        let bytes = match declared {
            Some(bytes) => {
                coming.all(Vec::with_capacity(usize::try_from(bytes).unwrap_or_default()), &mut |_| Ok(())).await?
            }
            // What grows is twice as large as what is in it, at most.
            None => coming.all(Vec::new(), &mut |more| Ok(hold.grow(more.saturating_mul(2))?)).await?,
        };
        let aside = aside.filter(|_| bytes.len() as u64 >= LONG_BYTES).map(|aside| (aside, payer.clone()));
        Ok(Whole { headers, bytes, paid: Paid(hold), aside })
    }

    /// A body of nobody's, for tests.
    #[cfg(test)]
    pub(crate) fn of(body: axum::body::Body) -> Self {
        let pool = Pool::new(vestibule_ledger::Resource::RequestBodies, 0, vestibule_ledger::Share { most: 0 });
        Self { request: Request::new(body), pool, aside: None }
    }

    /// Its bytes piece by piece, at most so many.
    pub(crate) fn pieces(self, most: u64) -> Result<Coming, Problem> {
        Coming::new(self.request.into_body(), most)
    }
}

impl Whole {
    /// How many bytes it has.
    pub(crate) fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Reads it; if it is long, aside, when it is its payer's turn.
    pub(crate) async fn read<T: Send + 'static>(
        mut self,
        read: impl FnOnce(Self) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        match self.aside.take() {
            None => read(self),
            Some((aside, payer)) => aside.run(&payer, || read(self)).await,
        }
    }

    /// What stands for the bytes.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }

    /// The JSON object. What it takes is paid for before it is parsed.
    pub(crate) fn json<T: DeserializeOwned>(self) -> Result<(T, Paid), Problem> {
        let Self { headers, bytes, mut paid, .. } = self;
        paid.0.grow(parsed_bytes(&bytes))?;
        Ok((parse(&headers, &bytes)?, paid))
    }
}

/// The most that the values of a JSON text take in memory: its characters twice, once as they are parsed and once as policies are given
/// them, and so much for each value, which begins the text or comes after one of four characters.
fn parsed_bytes(text: &[u8]) -> u64 {
    let values = text.iter().filter(|byte| matches!(byte, b'[' | b'{' | b',' | b':')).count() as u64;
    (text.len() as u64).saturating_mul(2).saturating_add((values + 1).saturating_mul(VALUE_BYTES))
}

/// Reads a text as a JSON object.
fn parse<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Problem> {
    ensure_json(headers)?;
    // Where everything is as it should be, nobody has to be told where something is not.
    let is_read = match serde_json::from_slice(bytes) {
        Ok(value) if bytes.first() == Some(&b'{') => return Ok(value),
        Ok(_) => true,
        Err(error) => error.is_data(),
    };
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::malformed("the body is no UTF-8 text"))?;
    // What is no JSON further on is not read as far as that.
    json::object_from_str("body", text).map_err(|error| match is_read && is_json(text) {
        true => Problem::invalid(error.to_string()),
        false => Problem::malformed(error.to_string()),
    })
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
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::time::Duration;

    use axum::body::Body;
    use axum::response::IntoResponse as _;
    use futures_util::{StreamExt as _, stream};
    use proptest::prelude::*;
    use tokio::time::Instant;
    use vestibule_ledger::{Resource, Room, Share, Turns};

    use super::*;

    const ROOM: u64 = 64 << 20;

    fn pool(total: u64) -> Pool {
        Pool::new(Resource::RequestBodies, total, Share { most: total })
    }

    /// A body of which it is known how long it is, or not.
    struct Sized(Body, Option<u64>);

    impl axum::body::HttpBody for Sized {
        type Data = Bytes;
        type Error = axum::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, axum::Error>>> {
            Pin::new(&mut self.0).poll_frame(context)
        }

        fn size_hint(&self) -> hyper::body::SizeHint {
            self.1.map_or_else(hyper::body::SizeHint::new, hyper::body::SizeHint::with_exact)
        }
    }

    fn unread(pool: &Pool, length: Option<u64>, body: Body) -> Unread {
        let mut request = Request::new(Body::new(Sized(body, length)));
        request.headers_mut().insert(CONTENT_TYPE, axum::http::HeaderValue::from_static("application/json"));
        Unread { request, pool: pool.clone(), aside: None }
    }

    fn status<T>(read: Result<T, Problem>) -> Result<T, StatusCode> {
        read.map_err(|problem| problem.into_response().status())
    }

    async fn read(length: Option<u64>, body: Body) -> Result<Bytes, StatusCode> {
        status(unread(&pool(ROOM), length, body).whole(&Owner::Host).await).map(|whole| whole.bytes)
    }

    fn pieces(pieces: &[&'static str]) -> Body {
        let pieces: Vec<_> =
            pieces.iter().map(|piece| Ok::<_, Infallible>(Bytes::from_static(piece.as_bytes()))).collect();
        Body::from_stream(stream::iter(pieces))
    }

    fn endless() -> Body {
        Body::from_stream(stream::pending::<Result<Bytes, Infallible>>())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let began = Instant::now();
        assert_eq!(read(None, endless()).await, Err(StatusCode::REQUEST_TIMEOUT));
        assert_eq!(began.elapsed().as_secs(), 30);
        assert_eq!(read(Some(MAX_JSON_BYTES), endless()).await, Err(StatusCode::REQUEST_TIMEOUT));
        assert_eq!(began.elapsed().as_secs(), 60);
    }

    /// So much at a time, after so many seconds each.
    fn slow(bytes: &'static [u8], seconds: u64) -> Body {
        Body::from_stream(stream::repeat(()).then(move |()| async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Ok::<_, Infallible>(Bytes::from_static(bytes))
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_body_has_longer_as_long_as_enough_of_it_comes() {
        static PART: [u8; 1 << 20] = [b' '; 1 << 20];
        let began = Instant::now();
        let mut coming = Coming::new(Body::new(Sized(slow(&PART, 29), Some(ROOM))), ROOM).unwrap();
        for _ in 0..18 {
            assert!(coming.next().await.is_ok());
        }
        assert_eq!(status(coming.next().await), Err(StatusCode::REQUEST_TIMEOUT), "it is over");
        assert_eq!(began.elapsed().as_secs(), 30 + 512);
        let began = Instant::now();
        let mut coming = Coming::new(Body::new(Sized(slow(b"x", 7), Some(ROOM))), ROOM).unwrap();
        while coming.next().await.is_ok() {}
        assert_eq!(began.elapsed().as_secs(), 30);
    }

    #[tokio::test]
    async fn what_is_too_long_is_refused_as_soon_as_that_is_known() {
        assert_eq!(read(Some(MAX_JSON_BYTES + 1), endless()).await, Err(StatusCode::PAYLOAD_TOO_LARGE));
        let long = stream::repeat(Ok::<_, Infallible>(Bytes::from_static(&[b' '; 1 << 16])));
        assert_eq!(read(None, Body::from_stream(long)).await, Err(StatusCode::PAYLOAD_TOO_LARGE));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_is_paid_for_before_it_is_read_and_until_it_is_answered() {
        let pool = pool(1 << 20);
        let (tenant, other) = (Owner::Peer([192, 0, 2, 1].into()), Owner::Host);
        let mut waiting = Box::pin(unread(&pool, Some(600_000), endless()).whole(&tenant));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        assert_eq!(pool.usage().0, 600_000);
        let refused = unread(&pool, Some(600_000), endless()).whole(&tenant).await.err().unwrap().into_response();
        assert_eq!(
            (refused.status(), refused.headers()["retry-after"].as_bytes()),
            (StatusCode::SERVICE_UNAVAILABLE, &b"1"[..])
        );
        let (value, paid) =
            unread(&pool, None, pieces(&["{\"a\"", ": 1}"])).json::<serde_json::Value>(&other).await.unwrap();
        assert!(value["a"] == 1 && pool.usage().0 > 600_000, "{:?}", pool.usage());
        drop(paid);
        drop(waiting);
        assert_eq!(pool.usage().0, 0, "a client that has gone pays no more");
    }

    #[test]
    fn an_answer_is_paid_for_as_far_as_may_be_and_told_in_any_case() {
        let pool = pool(1_000);
        let told = |asked, answered| Paid(pool.take(&Owner::Host, asked).unwrap()).for_an_answer(answered).0.amount();
        assert_eq!((told(800, 10), told(10, 400), told(10, 4_000)), (10, 400, 10));
    }

    #[tokio::test]
    async fn many_values_in_few_bytes_are_weighed_as_what_they_become() {
        let pool = pool(32 << 20);
        let text = format!("{{\"saml\": [{}\"\"]}}", "\"\",".repeat(600_000));
        let length = Some(text.len() as u64);
        let refused = unread(&pool, length, Body::from(text)).json::<serde_json::Value>(&Owner::Host).await;
        assert_eq!(status(refused.map(|_| ())), Err(StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(pool.usage().0, 0);
    }

    /// The name of the thread that reads it.
    struct Reader(Option<String>);

    impl<'de> serde::Deserialize<'de> for Reader {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            serde::de::IgnoredAny::deserialize(deserializer)?;
            Ok(Self(std::thread::current().name().map(ToOwned::to_owned)))
        }
    }

    #[test]
    fn only_a_long_text_is_read_aside() {
        let executor =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name("aside").build().unwrap();
        let places = Turns::new(Resource::LongBodies, 1, Room::None);
        let logins = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let reader = |bytes: u64| {
            let text = format!("{{\"a\": \"{}\"}}", "x".repeat(usize::try_from(bytes).unwrap()));
            let body = unread(&pool(1 << 20), Some(text.len() as u64), Body::from(text));
            let read =
                Unread { aside: Some(Aside::new(executor.handle(), &places)), ..body }.json::<Reader>(&Owner::Host);
            logins.block_on(read).map_err(drop).unwrap().0.0
        };
        assert_eq!(reader(LONG_BYTES).as_deref(), Some("aside"));
        assert_ne!(reader(LONG_BYTES / 2).as_deref(), Some("aside"));
    }

    proptest! {
        #[test]
        fn every_value_is_counted(list: Vec<Vec<Option<bool>>>) {
            let values = 1 + list.len() + list.iter().map(Vec::len).sum::<usize>();
            let text = serde_json::to_vec(&list).unwrap();
            prop_assert!(parsed_bytes(&text) >= values as u64 * VALUE_BYTES);
        }

        #[test]
        fn a_body_in_pieces_is_the_same_body(pieces: Vec<Vec<u8>>) {
            let whole = pieces.concat();
            let pieces = stream::iter(pieces).map(|piece| Ok::<_, Infallible>(Bytes::from(piece)));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            prop_assert_eq!(runtime.block_on(read(None, Body::from_stream(pieces))).unwrap(), whole);
        }
    }
}
