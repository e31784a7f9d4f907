//! Whether the host lives, and whether it can decide.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::app::App;
use crate::problem::{Problem, Problems, Result};

/// How long an answer about the store serves everybody: anybody may ask, as often as they like, and each question costs a query.
const TRUSTED: Duration = Duration::from_secs(1);

/// What the store answered last.
#[derive(Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, Result<()>)>>);

impl Readiness {
    /// Whether the store answers: what it said within a second, or what `ask` says now. Whoever comes meanwhile waits for that.
    async fn get(&self, ask: impl AsyncFnOnce() -> Result<()>) -> Result<()> {
        let mut last = self.0.lock().await;
        if let Some((_, said)) = last.as_ref().filter(|(at, _)| at.elapsed() < TRUSTED) {
            return said.clone();
        }
        let said = ask().await;
        *last = Some((Instant::now(), said.clone()));
        said
    }
}

/// Whether the process answers
#[utoipa::path(get, path = "/healthz", tag = "health", security(()), responses((status = 200, description = "It does", body = String, content_type = "text/plain")))]
pub(crate) async fn healthz() -> &'static str {
    "alive\n"
}

/// Whether logins can be decided on: within the last second the store could be read and written. Besides, which walls do not stand around the host
#[utoipa::path(get, path = "/readyz", tag = "health", security(()), responses((status = 200, description = "They can", body = String, content_type = "text/plain"), Problems))]
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Result<String> {
    let ask = async || app.registry.store().check().await.map_err(Problem::from);
    app.readiness.get(ask).await?;
    let gaps = app.gaps.get().into_iter().flatten();
    Ok(gaps.fold("ready\n".to_owned(), |said, gap| said + "not confined: " + gap + "\n"))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use axum::http::StatusCode;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_probes_asks_the_store_once_a_second() {
        let (readiness, asked) = (Readiness::default(), Cell::new(0));
        let probe = async |answer: Result<()>| {
            let ask = async || {
                asked.set(asked.get() + 1);
                tokio::task::yield_now().await;
                answer
            };
            readiness.get(ask).await.is_ok()
        };
        let probes = futures_util::future::join_all((0..100).map(|_| probe(Ok(())))).await;
        assert!(probes.into_iter().all(|ready| ready));
        assert_eq!(asked.get(), 1);

        tokio::time::advance(TRUSTED).await;
        let down = || Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "no"));
        assert!(!probe(down()).await && !probe(Ok(())).await, "also that it is not ready");
        assert_eq!(asked.get(), 2);
        tokio::time::advance(TRUSTED).await;
        assert!(probe(Ok(())).await);
    }
}
