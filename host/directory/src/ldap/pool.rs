//! Connections of the service account that wait for the next search.
//!
//! Not for: users' binds; a connection that has been somebody else's is never used again.

use std::sync::{Mutex, PoisonError};

use super::connection::Connection;

/// Idle connections to one server.
pub(super) struct Pool {
    idle: Mutex<Vec<Connection>>,
    max: usize,
}

impl Pool {
    pub(super) const fn new(max: usize) -> Self {
        Self { idle: Mutex::new(Vec::new()), max }
    }

    /// A connection that seems to be alive.
    pub(super) fn take(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(mut connection) = idle.pop() {
            if !connection.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection on which everything was answered.
    pub(super) fn give_back(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.max {
            idle.push(connection);
        }
    }
}
