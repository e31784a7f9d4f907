//! How much a tenant has taken of what flows: logins, fuel, log and requests.
//!
//! Not for: what is held, which is counted where it is held.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A vessel that fills at a steady rate. What it gives may be known only afterwards, so it can be in debt.
#[derive(Debug)]
pub(crate) struct Meter(Mutex<Level>);

#[derive(Debug)]
struct Level {
    amount: f64,
    at: Instant,
}

/// A rate, and the most that can be saved up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flow {
    pub(crate) per_second: f64,
    pub(crate) most: f64,
}

impl Meter {
    /// A full one.
    pub(crate) fn full(flow: Flow, now: Instant) -> Self {
        Self(Mutex::new(Level { amount: flow.most, at: now }))
    }

    /// Takes so much, or says how long it takes until there is enough.
    pub(crate) fn take(&self, flow: Flow, amount: f64, now: Instant) -> Result<(), Duration> {
        let mut level = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        level.fill(flow, now);
        if level.amount < amount {
            return Err(Duration::try_from_secs_f64((amount - level.amount) / flow.per_second).unwrap_or(Duration::MAX));
        }
        level.amount -= amount;
        Ok(())
    }

    /// Whether there is any, or how long it takes.
    pub(crate) fn ensure_any(&self, flow: Flow, now: Instant) -> Result<(), Duration> {
        self.take(flow, 0.0, now)
    }

    /// Takes what was used, whether or not it was there.
    pub(crate) fn charge(&self, amount: f64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).amount -= amount;
    }
}

impl Level {
    fn fill(&mut self, flow: Flow, now: Instant) {
        let seconds = now.saturating_duration_since(self.at).as_secs_f64();
        self.amount = (self.amount + seconds * flow.per_second).min(flow.most);
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOW: Flow = Flow { per_second: 10.0, most: 20.0 };

    #[test]
    fn what_is_saved_up_can_be_taken_at_once_and_then_as_it_flows() {
        let start = Instant::now();
        let meter = Meter::full(FLOW, start);
        assert!((0..20).all(|_| meter.take(FLOW, 1.0, start).is_ok()));
        assert_eq!(meter.take(FLOW, 1.0, start), Err(Duration::from_millis(100)));
        let later = start + Duration::from_secs(1);
        assert!((0..10).all(|_| meter.take(FLOW, 1.0, later).is_ok()));
        assert!(meter.take(FLOW, 1.0, later).is_err());
        assert!((0..20).all(|_| meter.take(FLOW, 1.0, start + Duration::from_secs(3600)).is_ok()));
    }

    #[test]
    fn a_debt_is_paid_before_anything_is_given() {
        let start = Instant::now();
        let meter = Meter::full(FLOW, start);
        meter.charge(50.0);
        assert_eq!(meter.ensure_any(FLOW, start), Err(Duration::from_secs(3)));
        assert!(meter.ensure_any(FLOW, start + Duration::from_secs(4)).is_ok());
    }
}
