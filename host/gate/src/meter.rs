//! What the calls of a login took of a thread without coming to an answer, and how long they stood in line meanwhile.
//!
//! Not for: a call that was answered, whose report says what it cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use vestibule_sandbox::Cost;

/// What a microsecond counts for where nobody knows the fuel: hardly less than a loop burns in it.
const FUEL_OF_A_MICROSECOND: u64 = 1_000;

/// Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Meter(Arc<Spent>);

#[derive(Default)]
struct Spent {
    unreported_micros: AtomicU64,
    waited_micros: AtomicU64,
}

impl Meter {
    /// A step of a call took that long.
    pub(crate) fn took(&self, time: Duration) {
        self.0.unreported_micros.fetch_add(micros(time), Ordering::Relaxed);
    }

    /// The call whose steps took that long was answered: its report counts them.
    pub(crate) fn is_reported(&self, time: Duration) {
        let less = |all: u64| Some(all.saturating_sub(micros(time)));
        let _ = self.0.unreported_micros.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// A call that had begun stood in line for so long.
    pub(crate) fn waited(&self, time: Duration) {
        self.0.waited_micros.fetch_add(micros(time), Ordering::Relaxed);
    }

    /// How long calls that had begun have stood in line so far.
    pub(crate) fn in_line(&self) -> Duration {
        Duration::from_micros(self.0.waited_micros.load(Ordering::Relaxed))
    }

    /// What calls took that were given up, or broken off.
    pub(crate) fn unreported(&self) -> Cost {
        let busy_micros = self.0.unreported_micros.load(Ordering::Relaxed);
        Cost { fuel: busy_micros.saturating_mul(FUEL_OF_A_MICROSECOND), busy_micros, ..Cost::default() }
    }
}

pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_answered_is_not_counted_twice() {
        let (meter, steps) = (Meter::default(), [Duration::from_micros(70), Duration::from_micros(30)]);
        steps.iter().for_each(|step| meter.took(*step));
        assert_eq!(meter.unreported(), Cost { fuel: 100_000, busy_micros: 100, ..Cost::default() });
        meter.is_reported(Duration::from_micros(100));
        assert_eq!(meter.unreported(), Cost::default());
    }
}
