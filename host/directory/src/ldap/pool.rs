//! Connections of the service account that wait for the next search.
//!
//! Not for: users' binds; a connection that has been somebody else's is never used again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// How long a connection is kept idle. Firewalls forget about idle ones without a word, the most impatient after a minute, and a
/// search on such a one waits in vain.
const MAX_IDLE: Duration = Duration::from_secs(30);

/// Something that waits in peace until it is needed, or until it is of no use any more.
pub(super) trait Idle: Send + 'static {
    /// Ends when something comes that nobody asked for, or the other side ends it. It reads none of it.
    fn disturbed(&mut self) -> impl Future<Output = ()> + Send;
}

/// Idle connections to one server, the latest last.
pub(super) struct Pool<C> {
    idle: Mutex<Vec<Kept<C>>>,
    max: usize,
}

/// A connection in a task that watches it, and ends it as soon as it is disturbed or has been idle for long. Dropped, it is ended.
struct Kept<C> {
    wanted: oneshot::Sender<()>,
    watch: JoinHandle<Option<C>>,
}

impl<C: Idle> Pool<C> {
    pub(super) const fn new(max: usize) -> Self {
        Self { idle: Mutex::new(Vec::new()), max }
    }

    /// The connection that was used last of those that are still alive and quiet.
    pub(super) async fn take(&self) -> Option<C> {
        loop {
            let Kept { wanted, watch } = self.idle().pop()?;
            if wanted.send(()).is_ok()
                && let Ok(Some(connection)) = watch.await
            {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection on which everything was answered.
    pub(super) fn give_back(&self, connection: C) {
        let mut idle = self.idle();
        idle.retain(|kept| !kept.watch.is_finished());
        if idle.len() < self.max {
            let (wanted, called) = oneshot::channel();
            idle.push(Kept { wanted, watch: tokio::spawn(watched(connection, called)) });
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Kept<C>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connection, if it is wanted before it is of no use any more.
async fn watched<C: Idle>(mut connection: C, called: oneshot::Receiver<()>) -> Option<C> {
    let is_wanted = tokio::select! {
        biased;
        () = connection.disturbed() => false,
        () = sleep(MAX_IDLE) => false,
        called = called => called.is_ok(),
    };
    is_wanted.then_some(connection)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Notify;
    use tokio::task::yield_now;
    use tokio::time::advance;

    use super::*;

    /// A name, and what disturbs it.
    struct Fake(&'static str, Arc<Notify>);

    impl Idle for Fake {
        async fn disturbed(&mut self) {
            self.1.notified().await;
        }
    }

    fn fake(name: &'static str) -> Fake {
        Fake(name, Arc::default())
    }

    async fn taken(pool: &Pool<Fake>) -> Option<&'static str> {
        pool.take().await.map(|fake| fake.0)
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_was_idle_for_long_is_not_used_again() {
        let pool = Pool::new(8);
        pool.give_back(fake("first"));
        yield_now().await;
        advance(MAX_IDLE / 2).await;
        pool.give_back(fake("second"));
        yield_now().await;
        advance(MAX_IDLE / 2).await;
        assert_eq!(taken(&pool).await, Some("second"));
        assert_eq!(taken(&pool).await, None);
    }

    #[tokio::test]
    async fn the_dead_are_passed_over_and_no_more_are_kept_than_permitted() {
        let pool = Pool::new(2);
        let dead = fake("dead");
        let end = Arc::clone(&dead.1);
        for connection in [fake("alive"), dead, fake("one too many")] {
            pool.give_back(connection);
        }
        end.notify_one();
        assert_eq!(taken(&pool).await, Some("alive"));
        assert_eq!(taken(&pool).await, None);
    }

    #[tokio::test]
    async fn whatever_disturbs_a_connection_ends_it_though_nobody_wants_it() {
        let pool = Pool::new(2);
        let connection = fake("disturbed");
        let noise = Arc::clone(&connection.1);
        pool.give_back(connection);
        noise.notify_one();
        // Two are left until the task has dropped the connection, then this one.
        while Arc::strong_count(&noise) > 1 {
            yield_now().await;
        }
        assert_eq!(taken(&pool).await, None);
    }
}
