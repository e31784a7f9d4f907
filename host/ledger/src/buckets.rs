//! A bucket for each of many, of whom nobody is known beforehand: whoever has taken nothing for long is forgotten.
//!
//! Not for: tenants, whose buckets lie with what else is known of them.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::bucket::{Rate, TokenBucket};

/// Buckets, and the rates at which they were last taken from.
type ByOwner<O, K> = HashMap<O, HashMap<K, (Rate, TokenBucket)>>;

/// So many buckets at most, each of one of many owners. Where there are more, whoever has most of them loses the one of which least was
/// taken: nobody drives out what others have taken by having many.
#[derive(Debug)]
pub struct Buckets<O, K> {
    most: usize,
    of: Mutex<ByOwner<O, K>>,
}

impl<O: Clone + Eq + Hash, K: Clone + Eq + Hash> Buckets<O, K> {
    /// None yet.
    pub fn new(most: usize) -> Self {
        Self { most, of: Mutex::default() }
    }

    /// Takes one of what somebody has.
    ///
    /// # Errors
    /// How long it takes until there is one; nothing is taken.
    pub fn take(&self, owner: &O, key: &K, rate: Rate, now: Instant) -> Result<(), Duration> {
        let mut of = self.of.lock();
        let is_known = of.get(owner).is_some_and(|own| own.contains_key(key));
        if !is_known && count(&of) >= self.most {
            make_room(&mut of, self.most, now);
        }
        let own = of.entry(owner.clone()).or_default();
        let (_, bucket) = own.entry(key.clone()).or_insert_with(|| (rate, TokenBucket::full(rate, now)));
        bucket.take(rate, 1.0, now)
    }

    /// Gives one back.
    pub fn give_back(&self, owner: &O, key: &K) {
        let of = self.of.lock();
        if let Some((_, bucket)) = of.get(owner).and_then(|own| own.get(key)) {
            bucket.charge(-1.0);
        }
    }
}

fn count<O, K>(of: &ByOwner<O, K>) -> usize {
    of.values().map(HashMap::len).sum()
}

/// Forgets all that are full again, or one that is nearly.
fn make_room<O: Clone + Eq + Hash, K: Clone + Eq + Hash>(of: &mut ByOwner<O, K>, most: usize, now: Instant) {
    let missing = |(rate, bucket): &(Rate, TokenBucket)| bucket.missing(*rate, now);
    of.retain(|_, own| {
        own.retain(|_, bucket| missing(bucket) > 0.0);
        !own.is_empty()
    });
    if count(of) < most {
        return;
    }
    let Some(own) = of.values_mut().max_by_key(|own| own.len()) else { return };
    let least = own.iter().min_by(|(_, one), (_, other)| missing(one).total_cmp(&missing(other)));
    if let Some(key) = least.map(|(key, _)| key.clone()) {
        own.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 1.0, burst: 3.0 };

    fn known(buckets: &Buckets<&str, u32>) -> usize {
        count(&buckets.of.lock())
    }

    #[test]
    fn each_has_its_own() {
        let (buckets, now) = (Buckets::new(8), Instant::now());
        assert!((0..3).all(|_| buckets.take(&"a", &1, RATE, now).is_ok()));
        assert!(buckets.take(&"a", &1, RATE, now).is_err() && buckets.take(&"a", &2, RATE, now).is_ok());
        assert!(buckets.take(&"b", &1, RATE, now).is_ok());
        buckets.give_back(&"a", &1);
        assert!(buckets.take(&"a", &1, RATE, now).is_ok());
    }

    #[test]
    fn many_that_come_once_do_not_make_whoever_comes_often_unknown() {
        let (buckets, now) = (Buckets::new(8), Instant::now());
        assert!((0..3).all(|_| buckets.take(&"a", &0, RATE, now).is_ok()));
        for other in 1..1_000 {
            assert!(buckets.take(&"a", &other, RATE, now).is_ok());
        }
        assert_eq!(known(&buckets), 8);
        assert!(buckets.take(&"a", &0, RATE, now).is_err());
        assert!(buckets.take(&"a", &1_000, RATE, now + Duration::from_secs(3)).is_ok());
        assert_eq!(known(&buckets), 1, "those that are full again are forgotten");
    }

    #[test]
    fn whoever_has_many_that_come_often_makes_nobody_elses_unknown() {
        let (buckets, now) = (Buckets::new(8), Instant::now());
        assert!(buckets.take(&"calm", &0, RATE, now).is_ok() && buckets.take(&"calm", &0, RATE, now).is_ok());
        for other in 0..1_000 {
            assert!((0..3).all(|_| buckets.take(&"flood", &other, RATE, now).is_ok()));
        }
        assert_eq!(known(&buckets), 8);
        assert!(buckets.take(&"calm", &0, RATE, now).is_ok());
        assert!(buckets.take(&"calm", &0, RATE, now).is_err(), "two were taken before");
    }
}
