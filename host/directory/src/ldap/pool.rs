//! Connections of the service account that wait for the next search.
//!
//! Not for: users' binds; a connection that has been somebody else's is never used again.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
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
    idle: Mutex<Vec<IdleConnection<C>>>,
    /// One for each connection that may be kept, to whichever of a directory's servers.
    places: Arc<Semaphore>,
}

/// A connection in a task that watches it, and ends it as soon as it is disturbed or has been idle for long. Dropped, it is ended.
struct IdleConnection<C> {
    wanted: oneshot::Sender<()>,
    watch: JoinHandle<Option<C>>,
}

impl<C: Idle> Pool<C> {
    /// An empty one of several that share these places.
    pub(super) const fn new(places: Arc<Semaphore>) -> Self {
        Self { idle: Mutex::new(Vec::new()), places }
    }

    /// The connection that was used last of those that are still alive and quiet.
    pub(super) async fn take(&self) -> Option<C> {
        loop {
            let IdleConnection { wanted, watch } = self.idle.lock().pop()?;
            if wanted.send(()).is_ok()
                && let Ok(Some(connection)) = watch.await
            {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection on which everything was answered, if there is a place for it.
    pub(super) fn give_back(&self, connection: C) {
        let mut idle = self.idle.lock();
        idle.retain(|kept| !kept.watch.is_finished());
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            let (wanted, called) = oneshot::channel();
            idle.push(IdleConnection { wanted, watch: tokio::spawn(watched(connection, place, called)) });
        }
    }
}

/// The connection, if it is wanted before it is of no use any more.
async fn watched<C: Idle>(mut connection: C, _place: OwnedSemaphorePermit, called: oneshot::Receiver<()>) -> Option<C> {
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

    fn places(count: usize) -> Arc<Semaphore> {
        Arc::new(Semaphore::new(count))
    }

    async fn taken(pool: &Pool<Fake>) -> Option<&'static str> {
        pool.take().await.map(|fake| fake.0)
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_was_idle_for_long_is_not_used_again() {
        let pool = Pool::new(places(8));
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
        let pool = Pool::new(places(2));
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
    async fn all_servers_of_a_directory_share_its_places() {
        let places = places(2);
        let (one, other) = (Pool::new(Arc::clone(&places)), Pool::new(places));
        one.give_back(fake("first"));
        one.give_back(fake("second"));
        other.give_back(fake("one too many"));
        assert_eq!(taken(&other).await, None);
        assert_eq!(taken(&one).await, Some("second"));
        other.give_back(fake("third"));
        assert_eq!(taken(&other).await, Some("third"));
    }

    #[tokio::test]
    async fn whatever_disturbs_a_connection_ends_it_though_nobody_wants_it() {
        let pool = Pool::new(places(2));
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
