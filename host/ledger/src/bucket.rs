//! What flows: so much of it in a second.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// A bucket of tokens that fills at a steady rate. What is taken may be known only afterwards, so it can be in debt.
#[derive(Debug)]
pub struct TokenBucket(Mutex<Tokens>);

#[derive(Debug)]
struct Tokens {
    amount: f64,
    at: Instant,
}

/// How fast a bucket fills, and how much it holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// What comes in a second.
    pub per_second: f64,
    /// The most that can be saved up, and so be taken at once.
    pub burst: f64,
}

impl TokenBucket {
    /// A full one.
    pub fn full(rate: Rate, now: Instant) -> Self {
        Self(Mutex::new(Tokens { amount: rate.burst, at: now }))
    }

    /// Takes so much.
    ///
    /// # Errors
    /// How long it takes until there is enough; nothing is taken.
    pub fn take(&self, rate: Rate, amount: f64, now: Instant) -> Result<(), Duration> {
        let mut tokens = self.0.lock();
        tokens.fill(rate, now);
        if tokens.amount < amount {
            let seconds = (amount - tokens.amount) / rate.per_second;
            return Err(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
        }
        tokens.amount -= amount;
        Ok(())
    }

    /// Makes sure that there is any.
    ///
    /// # Errors
    /// How long it takes until there is.
    pub fn ensure_any(&self, rate: Rate, now: Instant) -> Result<(), Duration> {
        self.take(rate, 0.0, now)
    }

    /// How much of it is missing.
    pub(crate) fn missing(&self, rate: Rate, now: Instant) -> f64 {
        let mut tokens = self.0.lock();
        tokens.fill(rate, now);
        rate.burst - tokens.amount
    }

    /// Takes what was used, whether or not it was there.
    pub fn charge(&self, amount: f64) {
        self.0.lock().amount -= amount;
    }
}

impl Tokens {
    fn fill(&mut self, rate: Rate, now: Instant) {
        let seconds = now.saturating_duration_since(self.at).as_secs_f64();
        self.amount = (self.amount + seconds * rate.per_second).min(rate.burst);
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 10.0, burst: 20.0 };

    #[test]
    fn what_is_saved_up_can_be_taken_at_once_and_then_as_it_flows() {
        let start = Instant::now();
        let bucket = TokenBucket::full(RATE, start);
        assert!((0..20).all(|_| bucket.take(RATE, 1.0, start).is_ok()));
        assert_eq!(bucket.take(RATE, 1.0, start), Err(Duration::from_millis(100)));
        let later = start + Duration::from_secs(1);
        assert!((0..10).all(|_| bucket.take(RATE, 1.0, later).is_ok()));
        assert!(bucket.take(RATE, 1.0, later).is_err());
        assert!((0..20).all(|_| bucket.take(RATE, 1.0, start + Duration::from_secs(3600)).is_ok()));
    }

    #[test]
    fn a_debt_is_paid_before_anything_is_given() {
        let start = Instant::now();
        let bucket = TokenBucket::full(RATE, start);
        bucket.charge(50.0);
        assert_eq!(bucket.ensure_any(RATE, start), Err(Duration::from_secs(3)));
        assert!(bucket.ensure_any(RATE, start + Duration::from_secs(4)).is_ok());
    }
}
