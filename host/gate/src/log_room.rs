//! How much a tenant's policies may log, all logins together: lines for which there is no room are dropped, and counted.
//!
//! Not for: one call's log, which the sandbox caps, nor what there is room for, which is said by whoever makes the tenant.

use std::fmt;
use std::sync::Arc;

use vestibule_domain::log::Line;

/// What a line takes on record besides its texts, in bytes: an empty one is not for nothing.
const LINE_BYTES: usize = 64;

/// Says whether there is room for so many bytes more, and takes it.
#[derive(Clone)]
pub struct LogRoom(Arc<dyn Fn(usize) -> bool + Send + Sync>);

impl LogRoom {
    /// What `take` gives.
    pub fn new(take: impl Fn(usize) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    /// Cuts a log where there is no more room. Returns how many lines that drops.
    pub(crate) fn cut(&self, log: &mut Vec<Line>) -> u64 {
        let kept = log.iter().take_while(|line| (self.0)(line.bytes() + LINE_BYTES)).count();
        let dropped = log.len() - kept;
        log.truncate(kept);
        dropped as u64
    }
}

impl Default for LogRoom {
    /// Room for everything.
    fn default() -> Self {
        Self::new(|_| true)
    }
}

impl fmt::Debug for LogRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogRoom")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use vestibule_domain::log::Level;

    use super::*;

    fn lines(lengths: &[usize]) -> Vec<Line> {
        let line = |length: &usize| Line { level: Level::Info, message: "x".repeat(*length), fields: Vec::new() };
        lengths.iter().map(line).collect()
    }

    #[test]
    fn a_log_ends_where_the_room_does() {
        let left = AtomicUsize::new(2 * LINE_BYTES + 10);
        let take = move |bytes| {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left: usize| left.checked_sub(bytes)).is_ok()
        };
        let room = LogRoom::new(take);
        let mut log = lines(&[4, 4, 4, 1]);
        assert_eq!(room.cut(&mut log), 2);
        assert_eq!(log, lines(&[4, 4]));
        assert_eq!(room.cut(&mut lines(&[0])), 1);
        assert_eq!(LogRoom::default().cut(&mut lines(&[1_000_000])), 0);
    }
}
