//! Names of rows that are listed in the order in which they were made: decisions, changes, differences of a trial.
//!
//! Not for: what has to be hard to guess; most of such a name is the time.

use std::sync::atomic::{AtomicU16, Ordering};
use std::time::SystemTime;

use crate::time::to_millis;

/// A name for what was made then: 48 bits of time, 16 of a counter, 64 of chance, in hexadecimal. In that order, so that names grow with
/// time, and those that are made together are stored together.
pub fn new_id(at: SystemTime) -> String {
    static COUNTER: AtomicU16 = AtomicU16::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("{:012x}{count:04x}{:016x}", to_millis(at) & 0xffff_ffff_ffff, rand::random::<u64>())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn ids_grow_with_time_and_within_a_millisecond() {
        let (early, late) = (UNIX_EPOCH + Duration::from_secs(1), UNIX_EPOCH + Duration::from_secs(2_000_000_000));
        let ids = [new_id(early), new_id(early), new_id(late)];
        assert!(ids.is_sorted() && ids.iter().all(|id| id.len() == 32), "{ids:?}");
    }
}
