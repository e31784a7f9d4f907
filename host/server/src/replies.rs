//! Answers that are kept for a while: whoever asks again with the same key, not knowing whether the first try arrived, gets the same.
//!
//! Not for: requests that may be made twice anyway, and not for other nodes: a retry has to reach the same one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::OnceCell;
use vestibule_domain::TenantName;

use crate::problem::{Problem, Result};

/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(300);
/// How many answers are kept; beyond that the oldest go.
const MOST: usize = 10_000;
/// The largest answer.
const MAX_BYTES: usize = 4 << 20;

/// The answers kept.
#[derive(Default)]
pub(crate) struct Replies(Mutex<HashMap<Key, Kept>>);

/// Whose it is, and a digest of the caller's key and of the address at which it counts.
type Key = (TenantName, [u8; 32]);

#[derive(Clone)]
struct Kept {
    asked: [u8; 32],
    at: Instant,
    answer: Arc<OnceCell<Reply>>,
}

#[derive(Clone)]
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Replies {
    /// The answer to what is asked under this key; it is made once, whether or not whoever asked first still waits for it. An error is not
    /// kept: nothing happened.
    pub(crate) async fn once(
        &self,
        tenant: &TenantName,
        key: [u8; 32],
        asked: [u8; 32],
        answer: impl Future<Output = Result<Response>> + Send + 'static,
    ) -> Result<Response> {
        let kept = self.find(tenant, key, asked);
        if kept.asked != asked {
            return Err(Problem::invalid("this `Idempotency-Key` was used for another request"));
        }
        let made = tokio::spawn(async move {
            let made = kept.answer.get_or_try_init(async || Reply::of(answer.await?).await);
            made.await.map(|reply| reply.clone().into_response())
        });
        let broken = |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the login was broken off");
        made.await.map_err(broken)?
    }

    fn find(&self, tenant: &TenantName, key: [u8; 32], asked: [u8; 32]) -> Kept {
        let mut all = lock(&self.0);
        let now = Instant::now();
        if all.len() >= MOST {
            all.retain(|_, kept| now.duration_since(kept.at) < KEPT);
        }
        if all.len() >= MOST
            && let Some(oldest) = all.iter().min_by_key(|(_, kept)| kept.at).map(|(key, _)| key.clone())
        {
            all.remove(&oldest);
        }
        let fresh = || Kept { asked, at: now, answer: Arc::default() };
        let kept = all.entry((tenant.clone(), key)).or_insert_with(fresh);
        if now.duration_since(kept.at) >= KEPT {
            *kept = fresh();
        }
        kept.clone()
    }
}

impl Reply {
    async fn of(response: Response) -> Result<Self> {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, MAX_BYTES).await;
        let body =
            body.map_err(|_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the answer is too large"))?;
        Ok(Self { status: parts.status, headers: parts.headers, body })
    }

    fn into_response(self) -> Response {
        (self.status, self.headers, Body::from(self.body)).into_response()
    }
}

fn lock(all: &Mutex<HashMap<Key, Kept>>) -> MutexGuard<'_, HashMap<Key, Kept>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}
