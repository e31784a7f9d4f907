//! Answers that are kept for a while: whoever asks again with the same key, not knowing whether the first try arrived, gets the same.
//!
//! Not for: requests that may be made twice anyway, and not for other nodes: a retry has to reach the same one.

mod shelf;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use vestibule_domain::TenantName;
use vestibule_ledger::{Owner, Pool};

use crate::problem::{Problem, Result};
use shelf::{KeptAnswer, Shelf};

/// How often shelves are looked through for answers that have been kept long enough, of tenants that ask no more.
const LOOK: Duration = Duration::from_secs(1);
/// The largest answer that is kept, in bytes. A login's has some thousand.
const MAX_ANSWER_BYTES: usize = 128 << 10;

/// The answers kept: a shelf for each tenant.
pub(crate) struct IdempotencyCache {
    pool: Pool,
    shelves: Mutex<Shelves>,
}

struct Shelves {
    of: HashMap<TenantName, Shelf<Given>>,
    looked: Instant,
}

/// What tells a retry from other requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retry {
    /// A digest of the caller's key and of the address at which it counts.
    key: [u8; 32],
    /// A digest of what is asked.
    asked: [u8; 32],
}

impl Retry {
    pub(crate) fn new(key: &str, place: &str, asked: [u8; 32]) -> Self {
        // No key holds a zero byte: it tells the two apart. Hashed, a long address takes no more room than a short one.
        let key = Sha256::new().chain_update(key).chain_update([0]).chain_update(place).finalize().into();
        Self { key, asked }
    }
}

/// What is known of an answer that was given.
enum Given {
    /// The answer itself.
    Whole(Reply),
    /// That there was one, of so many bytes.
    Noted(usize),
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl IdempotencyCache {
    /// None yet. What they take is this pool's.
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool, shelves: Mutex::new(Shelves { of: HashMap::new(), looked: Instant::now() }) }
    }

    /// The answer to what is asked under this key; it is made once, whether or not whoever asked first still waits for it. An error is not
    /// kept: nothing happened.
    ///
    /// # Errors
    /// [`Problem`]: those of the answer; that the key was another request's; that the answer was given and is not kept; that no key can
    /// be remembered, in which case nothing is begun.
    pub(crate) async fn once(
        self: &Arc<Self>,
        tenant: &TenantName,
        retry: Retry,
        answer: impl Future<Output = Result<Response>> + Send + 'static,
    ) -> Result<Response> {
        let kept = self.kept(tenant, retry)?;
        let (retries, tenant) = (Arc::clone(self), tenant.clone());
        let made = tokio::spawn(async move {
            let mut first = None;
            let make = async || {
                let reply = Reply::of(answer.await?).await?;
                let given = retries.keep(&tenant, retry.key, &reply);
                first = Some(reply);
                Ok::<_, Problem>(given)
            };
            let given = kept.given.get_or_try_init(make).await?;
            match (first, given) {
                (Some(reply), _) => Ok(reply.into_response()),
                (None, Given::Whole(reply)) => Ok(reply.copy().into_response()),
                (None, Given::Noted(bytes)) => Err(not_kept(*bytes)),
            }
        });
        let broken = |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the login was broken off");
        made.await.map_err(broken)?
    }

    /// What is kept under a key, or a new place for it.
    fn kept(&self, tenant: &TenantName, retry: Retry) -> Result<Arc<KeptAnswer<Given>>> {
        let now = Instant::now();
        let mut shelves = self.shelves.lock();
        if now.duration_since(shelves.looked) >= LOOK {
            shelves.looked = now;
            shelves.of.retain(|_, shelf| !shelf.is_empty_after(now));
        }
        let shelf = shelves.of.entry(tenant.clone()).or_default();
        let kept = shelf.find_or_make(retry.key, retry.asked, now, &self.pool, &Owner::from(tenant))?;
        if kept.asked == retry.asked {
            return Ok(kept);
        }
        Err(Problem::invalid("this `Idempotency-Key` was used for another request"))
    }

    /// Keeps an answer if it may be kept, and otherwise that there was one.
    fn keep(&self, tenant: &TenantName, key: [u8; 32], reply: &Reply) -> Given {
        let bytes = reply.bytes();
        let fits = bytes <= MAX_ANSWER_BYTES
            && self.shelves.lock().of.get_mut(tenant).is_some_and(|shelf| shelf.make_room(key, bytes as u64));
        if fits { Given::Whole(reply.copy()) } else { Given::Noted(bytes) }
    }
}

fn not_kept(bytes: usize) -> Problem {
    let detail = format!("this request was answered before, and its answer of {bytes} bytes is not kept");
    Problem::new(StatusCode::CONFLICT, "answer-not-kept", detail)
        .hint("what was decided is on record; to decide again, send another `Idempotency-Key`")
}

impl Reply {
    async fn of(response: Response) -> Result<Self> {
        let (parts, body) = response.into_parts();
        // It is in memory already, and was decided on: there is no bound at which it could be taken back.
        let body = to_bytes(body, usize::MAX).await;
        let body =
            body.map_err(|_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the answer broke off"))?;
        // Whoever paid for it until it was told does not pay for as long as it is kept.
        let body = Bytes::copy_from_slice(&body);
        Ok(Self { status: parts.status, headers: parts.headers, body })
    }

    fn bytes(&self) -> usize {
        self.body.len() + self.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>()
    }

    /// The same. Its body is shared.
    fn copy(&self) -> Self {
        Self { status: self.status, headers: self.headers.clone(), body: self.body.clone() }
    }

    fn into_response(self) -> Response {
        (self.status, self.headers, Body::from(self.body)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use vestibule_ledger::{Resource, Share};

    use super::*;

    /// Answers to one tenant, and how many were made.
    struct Asked {
        retries: Arc<IdempotencyCache>,
        made: Arc<AtomicUsize>,
    }

    impl Asked {
        fn new(bytes: u64) -> Self {
            let pool = Pool::new(Resource::KeptAnswers, bytes, Share { most: bytes });
            Self { retries: Arc::new(IdempotencyCache::new(pool)), made: Arc::default() }
        }

        /// The length of the answer to this key, or the status of the refusal.
        async fn ask(&self, key: &str, answer: Result<usize>) -> std::result::Result<usize, StatusCode> {
            let (tenant, made) = (TenantName::new("a").unwrap(), Arc::clone(&self.made));
            let answer = async move {
                made.fetch_add(1, Ordering::Relaxed);
                answer.map(|bytes| "x".repeat(bytes).into_response())
            };
            match self.retries.once(&tenant, Retry::new(key, "here", [0; 32]), answer).await {
                Ok(response) => Ok(to_bytes(response.into_body(), usize::MAX).await.unwrap().len()),
                Err(problem) => Err(problem.into_response().status()),
            }
        }

        fn made(&self) -> usize {
            self.made.load(Ordering::Relaxed)
        }
    }

    #[tokio::test]
    async fn an_answer_that_is_too_large_to_keep_is_given_once_and_not_made_twice() {
        let asked = Asked::new(1 << 20);
        let bytes = MAX_ANSWER_BYTES + 1;
        assert_eq!(asked.ask("k", Ok(bytes)).await, Ok(bytes));
        assert_eq!(asked.ask("k", Ok(bytes)).await, Err(StatusCode::CONFLICT));
        assert_eq!(asked.made(), 1);
        assert!(asked.retries.pool.usage().0 < 4_096, "its text is not kept");
    }

    #[tokio::test]
    async fn an_answer_is_kept_and_an_error_is_not() {
        let asked = Asked::new(1 << 20);
        assert_eq!(asked.ask("k", Err(Problem::unavailable("no"))).await, Err(StatusCode::SERVICE_UNAVAILABLE));
        for _ in 0..3 {
            assert_eq!(asked.ask("k", Ok(100)).await, Ok(100));
        }
        assert_eq!(asked.made(), 2);
    }

    #[tokio::test]
    async fn where_no_key_can_be_remembered_nothing_is_begun() {
        let asked = Asked::new(100);
        assert_eq!(asked.ask("k", Ok(1)).await, Err(StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(asked.made(), 0);
    }
}
