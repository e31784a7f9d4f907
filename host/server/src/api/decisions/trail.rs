//! How far a follower of decisions has come.
//!
//! Not for: pages of the log.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

/// An id is made before its decision is stored, so that for so long one may turn up that is smaller than others. The gate gives the
/// store five seconds; one more is for clocks of other hosts on the same database.
const LATE: Duration = Duration::from_secs(6);
/// Ids that are remembered. Of a tenant that has more decisions in that time, the latest: some 800 a second.
const MOST: usize = 5_000;
/// How many digits of an id are the milliseconds at which it was made.
const TIME_DIGITS: usize = 12;

/// What a follower has seen, as far back as something new may turn up.
#[derive(Debug)]
pub(super) struct Trail {
    from: String,
    seen: BTreeSet<String>,
    changed: Instant,
}

impl Trail {
    /// Of whoever has seen this decision, and perhaps not all that were made shortly before it.
    pub(super) fn after(id: &str) -> Self {
        Self { from: shortly_before(id), seen: BTreeSet::from([id.to_owned()]), changed: Instant::now() }
    }

    /// What is new has a greater id than this one.
    pub(super) fn from(&self) -> &str {
        &self.from
    }

    /// Whether this is new. It is no longer.
    pub(super) fn is_new(&mut self, id: &str) -> bool {
        let new = self.seen.insert(id.to_owned());
        if new {
            self.changed = Instant::now();
        }
        new
    }

    /// Forgets what is so old that nothing before it can turn up, once all that is there was looked at.
    pub(super) fn forget(&mut self) {
        let Some(last) = self.seen.last() else { return };
        let edge = if self.changed.elapsed() > LATE { last.clone() } else { shortly_before(last) };
        if edge > self.from {
            self.seen = self.seen.split_off(&edge);
            self.from = edge;
        }
        while self.seen.len() > MOST
            && let Some(oldest) = self.seen.pop_first()
        {
            self.from = oldest;
        }
    }
}

/// A text that is smaller than every id made so long before this one or later.
fn shortly_before(id: &str) -> String {
    let millis = id.get(..TIME_DIGITS).and_then(|digits| u128::from_str_radix(digits, 16).ok());
    millis.map_or_else(|| id.to_owned(), |millis| format!("{:012x}", millis.saturating_sub(LATE.as_millis())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The id of one of the decisions that were made so many milliseconds after some time.
    fn one_of(millis: u64, count: u64) -> String {
        format!("{:012x}{count:020x}", 1_785_000_000_000 + millis)
    }

    fn id(millis: u64) -> String {
        one_of(millis, 0)
    }

    #[test]
    fn what_turns_up_late_is_new_once() {
        let mut trail = Trail::after(&id(10_000));
        assert!(!trail.is_new(&id(10_000)));
        assert!(trail.from() < id(4_000).as_str() && trail.from() > id(3_999).as_str());
        for (millis, new) in [(12_000, true), (11_000, true), (12_000, false), (9_000, true), (11_000, false)] {
            assert_eq!(trail.is_new(&id(millis)), new, "{millis}");
            trail.forget();
            assert!(trail.from() < id(6_000).as_str());
        }
    }

    #[test]
    fn what_is_long_past_is_forgotten() {
        let mut trail = Trail::after(&id(0));
        for millis in (0..60_000).step_by(1_000) {
            trail.is_new(&id(millis));
            trail.forget();
        }
        assert_eq!((trail.seen.len(), trail.from()), (7, &id(53_000)[..TIME_DIGITS]));
    }

    #[test]
    fn of_too_many_the_latest_are_remembered() {
        let mut trail = Trail::after(&id(0));
        for count in 1..=20_000 {
            assert!(trail.is_new(&one_of(count / 10, count)));
            trail.forget();
        }
        assert_eq!(trail.seen.len(), MOST);
        assert_eq!(trail.from(), one_of(1_500, 15_000));
        assert!(!trail.is_new(&one_of(2_000, 20_000)));
    }

    #[tokio::test(start_paused = true)]
    async fn in_quiet_times_nothing_is_looked_at_twice() {
        let mut trail = Trail::after(&id(0));
        trail.is_new(&id(1));
        tokio::time::advance(LATE).await;
        trail.forget();
        assert!(trail.from() < id(0).as_str());
        tokio::time::advance(Duration::from_millis(1)).await;
        trail.forget();
        assert_eq!(trail.from(), id(1));
        assert!(trail.is_new(&id(2)));
    }

    #[test]
    fn what_is_no_id_is_taken_as_it_is() {
        for text in ["", "none", "zzzzzzzzzzzzzzzz", "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}"] {
            assert_eq!(Trail::after(text).from(), text);
        }
    }
}
