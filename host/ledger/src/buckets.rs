//! A bucket for each of many, of whom nobody is known beforehand: whoever has taken nothing for long is forgotten.
//!
//! Not for: tenants, whose buckets lie with what else is known of them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::bucket::{Rate, TokenBucket};

/// So many buckets at most. Where there are more, the one goes of which least was taken.
#[derive(Debug)]
pub struct Buckets<K> {
    most: usize,
    all: Mutex<HashMap<K, (Rate, TokenBucket)>>,
}

impl<K: Clone + Eq + Hash> Buckets<K> {
    /// None yet.
    pub fn new(most: usize) -> Self {
        Self { most, all: Mutex::default() }
    }

    /// Takes one of what somebody has.
    ///
    /// # Errors
    /// How long it takes until there is one; nothing is taken.
    pub fn take(&self, key: &K, rate: Rate, now: Instant) -> Result<(), Duration> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains_key(key) && all.len() >= self.most {
            make_room(&mut all, self.most, now);
        }
        let (_, bucket) = all.entry(key.clone()).or_insert_with(|| (rate, TokenBucket::full(rate, now)));
        bucket.take(rate, 1.0, now)
    }

    /// Gives one back.
    pub fn give_back(&self, key: &K) {
        if let Some((_, bucket)) = self.all.lock().unwrap_or_else(PoisonError::into_inner).get(key) {
            bucket.charge(-1.0);
        }
    }

    /// How many are known, of how many at most.
    pub fn usage(&self) -> (u64, u64) {
        (self.all.lock().unwrap_or_else(PoisonError::into_inner).len() as u64, self.most as u64)
    }
}

/// Forgets all that are full again, or one that is nearly.
fn make_room<K: Clone + Eq + Hash>(all: &mut HashMap<K, (Rate, TokenBucket)>, most: usize, now: Instant) {
    let missing = |(rate, bucket): &(Rate, TokenBucket)| bucket.missing(*rate, now);
    all.retain(|_, bucket| missing(bucket) > 0.0);
    if all.len() < most {
        return;
    }
    let least = all.iter().min_by(|(_, one), (_, other)| missing(one).total_cmp(&missing(other)));
    if let Some(key) = least.map(|(key, _)| key.clone()) {
        all.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 1.0, burst: 3.0 };

    #[test]
    fn each_has_its_own() {
        let (buckets, now) = (Buckets::new(8), Instant::now());
        assert!((0..3).all(|_| buckets.take(&"a", RATE, now).is_ok()));
        assert!(buckets.take(&"a", RATE, now).is_err() && buckets.take(&"b", RATE, now).is_ok());
        buckets.give_back(&"a");
        assert!(buckets.take(&"a", RATE, now).is_ok());
    }

    #[test]
    fn many_that_come_once_do_not_make_whoever_comes_often_unknown() {
        let (buckets, now) = (Buckets::new(8), Instant::now());
        assert!((0..3).all(|_| buckets.take(&0, RATE, now).is_ok()));
        for other in 1..1_000 {
            assert!(buckets.take(&other, RATE, now).is_ok());
        }
        assert_eq!(buckets.usage(), (8, 8));
        assert!(buckets.take(&0, RATE, now).is_err());
        assert!(buckets.take(&1_000, RATE, now + Duration::from_secs(3)).is_ok());
        assert_eq!(buckets.usage(), (1, 8), "those that are full again are forgotten");
    }
}
