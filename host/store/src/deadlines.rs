//! How long reads and writes may take.
//!
//! Not for: who keeps to that; a server looks at the clock itself, and a file does not.

use std::time::Duration;

/// How long one read of a login may take: it has a place among the readers, and its own time is short.
pub(crate) const LOGIN_DEADLINE: Duration = Duration::from_secs(3);
/// How long one read of an administrator may take: what it looks at is bounded, so that it takes some milliseconds.
pub(crate) const ADMINISTRATOR_DEADLINE: Duration = Duration::from_secs(2);
/// How long jobs that are committed together may take, and how long whoever brings one waits for all of it.
pub(crate) const WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// How much longer than the database itself is waited for: its own word that it took too long leaves the connection in use.
pub(crate) const GRACE: Duration = Duration::from_millis(500);
