//! Stored versions that could not be compiled although they once were: the host's setback, which is tried again, each time a little later.
//!
//! Not for: what is refused for what it is; that is the policy's fault, and stays.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use vestibule_compiler::Failure;

use crate::Error;

/// How long the first setback lasts; each one after it twice as long.
const FIRST: Duration = Duration::from_secs(1);
/// The longest: a tenant is kept out no longer than this after its policy could be compiled again.
const LONGEST: Duration = Duration::from_secs(60);
/// What nobody has tried again for so long is forgotten.
const REMEMBERED: Duration = Duration::from_secs(3_600);

/// The setbacks of a host, by the digest of the component.
#[derive(Default)]
pub(crate) struct Setbacks(Mutex<HashMap<String, Setback>>);

struct Setback {
    wait: Duration,
    until: Instant,
    why: String,
}

impl Setbacks {
    /// Whether it may be tried now.
    ///
    /// # Errors
    /// [`Error::Unready`], until the wait is over.
    pub(crate) fn ensure_over(&self, digest: &str, now: Instant) -> Result<(), Error> {
        let setbacks = self.0.lock();
        match setbacks.get(digest).filter(|setback| setback.until > now) {
            Some(Setback { until, why, .. }) => {
                Err(Error::Unready { why: why.clone(), wait: until.saturating_duration_since(now) })
            }
            None => Ok(()),
        }
    }

    /// Takes note of a failure, and says how long to wait.
    pub(crate) fn note(&self, digest: &str, failure: &Failure, now: Instant) -> Error {
        let mut setbacks = self.0.lock();
        setbacks.retain(|_, setback| now.saturating_duration_since(setback.until) < REMEMBERED);
        let before = setbacks.get(digest).map(|setback| setback.wait);
        let wait = before.map_or(FIRST, |wait| wait.saturating_mul(2).min(LONGEST));
        let why = failure.to_string();
        setbacks.insert(digest.to_owned(), Setback { wait, until: now + wait, why: why.clone() });
        Error::Unready { why, wait }
    }

    /// It was compiled.
    pub(crate) fn forget(&self, digest: &str) {
        self.0.lock().remove(digest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(error: &Error) -> Duration {
        match error {
            Error::Unready { wait, .. } => *wait,
            error => panic!("{error}"),
        }
    }

    #[test]
    fn each_setback_lasts_twice_as_long_up_to_a_minute_and_one_success_ends_them() {
        let (setbacks, mut now) = (Setbacks::default(), Instant::now());
        let mut waited = Vec::new();
        for _ in 0..8 {
            let wait = waits(&setbacks.note("abc", &Failure::OverMemory(1), now));
            assert_eq!(waits(&setbacks.ensure_over("abc", now).unwrap_err()), wait);
            now += wait;
            assert!(setbacks.ensure_over("abc", now).is_ok() && setbacks.ensure_over("other", now).is_ok());
            waited.push(wait.as_secs());
        }
        assert_eq!(waited, [1, 2, 4, 8, 16, 32, 60, 60]);
        setbacks.forget("abc");
        assert_eq!(waits(&setbacks.note("abc", &Failure::OverMemory(1), now)), FIRST);
    }

    #[test]
    fn what_nobody_tries_again_is_forgotten() {
        let (setbacks, now) = (Setbacks::default(), Instant::now());
        setbacks.note("abc", &Failure::OverMemory(1), now);
        setbacks.note("other", &Failure::OverMemory(1), now + REMEMBERED + FIRST);
        assert_eq!(setbacks.0.lock().len(), 1);
    }
}
