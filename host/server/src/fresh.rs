//! What is found out at most once a second, for all who ask: as often as anybody likes, and without a token.
//!
//! Not for: what has to be true at the very moment.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// For how long what was found out serves everybody.
const TRUSTED: Duration = Duration::from_secs(1);

/// What was found out last.
pub(crate) struct Fresh<T>(Mutex<Option<(Instant, T)>>);

impl<T> Default for Fresh<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Fresh<T> {
    /// What was found out within the last second, or what `find` finds now. Whoever comes meanwhile waits for that.
    pub(crate) async fn get(&self, find: impl AsyncFnOnce() -> T) -> T {
        let mut last = self.0.lock().await;
        if let Some((_, found)) = last.as_ref().filter(|(at, _)| at.elapsed() < TRUSTED) {
            return found.clone();
        }
        let found = find().await;
        *last = Some((Instant::now(), found.clone()));
        found
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_questions_is_answered_by_one_look_a_second() {
        let (fresh, looked) = (Fresh::default(), Cell::new(0));
        let ask = async |found: Result<(), ()>| {
            let find = async || {
                looked.set(looked.get() + 1);
                tokio::task::yield_now().await;
                found
            };
            fresh.get(find).await.is_ok()
        };
        let all = futures_util::future::join_all((0..100).map(|_| ask(Ok(())))).await;
        assert!(all.into_iter().all(|ready| ready));
        assert_eq!(looked.get(), 1);

        tokio::time::advance(TRUSTED).await;
        assert!(!ask(Err(())).await && !ask(Ok(())).await, "also what is bad news");
        assert_eq!(looked.get(), 2);
        tokio::time::advance(TRUSTED).await;
        assert!(ask(Ok(())).await);
    }
}
