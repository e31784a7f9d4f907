//! Times as the database keeps them: whole milliseconds since 1970.
//!
//! Not for: reading a clock. Every time here is a parameter.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Rounds down; before 1970 is 1970.
pub(crate) fn to_millis(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

pub(crate) fn from_millis(millis: i64) -> SystemTime {
    let since = Duration::from_millis(u64::try_from(millis).unwrap_or_default());
    UNIX_EPOCH.checked_add(since).unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_keeps_its_milliseconds() {
        let time = UNIX_EPOCH + Duration::from_micros(1_785_000_000_123_456);
        assert_eq!(from_millis(to_millis(time)), UNIX_EPOCH + Duration::from_millis(1_785_000_000_123));
    }

    #[test]
    fn times_out_of_range_are_the_nearest_in_range() {
        assert_eq!(to_millis(UNIX_EPOCH - Duration::from_secs(1)), 0);
        assert_eq!(from_millis(-1), UNIX_EPOCH);
        assert_eq!(to_millis(from_millis(i64::MAX)), i64::MAX);
    }
}
