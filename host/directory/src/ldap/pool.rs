//! Connections of the service account that wait for the next search.
//!
//! Not for: users' binds; a connection that has been somebody else's is never used again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long a connection is kept idle. Firewalls forget about idle ones without a word, the most impatient after a minute, and a
/// search on such a one waits in vain.
const MAX_IDLE: Duration = Duration::from_secs(30);

/// Idle connections to one server, each with when it was given back, the latest last.
pub(super) struct Pool<C> {
    idle: Mutex<Vec<(C, Instant)>>,
    max: usize,
}

impl<C> Pool<C> {
    pub(super) const fn new(max: usize) -> Self {
        Self { idle: Mutex::new(Vec::new()), max }
    }

    /// The connection that was used last of those that seem to be alive. Those that have been idle for too long are ended.
    pub(super) fn take(&self, is_alive: impl Fn(&mut C) -> bool) -> Option<C> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| since.elapsed() < MAX_IDLE);
        while let Some((mut connection, _)) = idle.pop() {
            if is_alive(&mut connection) {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection on which everything was answered.
    pub(super) fn give_back(&self, connection: C) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.max {
            idle.push((connection, Instant::now()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_was_idle_for_long_is_not_used_again() {
        let pool = Pool::new(8);
        pool.give_back("first");
        tokio::time::advance(MAX_IDLE / 2).await;
        pool.give_back("second");
        tokio::time::advance(MAX_IDLE / 2).await;
        assert_eq!(pool.take(|_| true), Some("second"));
        assert_eq!(pool.take(|_| true), None);
    }

    #[tokio::test]
    async fn the_dead_are_passed_over_and_no_more_are_kept_than_permitted() {
        let pool = Pool::new(2);
        for connection in ["alive", "dead", "one too many"] {
            pool.give_back(connection);
        }
        assert_eq!(pool.take(|connection| *connection == "alive"), Some("alive"));
        assert_eq!(pool.take(|_| true), None);
    }
}
