//! What one tenant has kept, in the order of time: its own oldest make room, and nobody else's.
//!
//! Not for: what an answer is.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;
use vestibule_ledger::{Hold, Owner, Pool, Refused};

/// How long something is kept.
const KEPT: Duration = Duration::from_secs(300);
/// What a key takes besides its answer, in bytes: two digests, a time, its place in the map and in the order, and a map of headers.
const KEY_BYTES: u64 = 1 << 10;

/// What is kept under a key.
pub(super) struct KeptAnswer<T> {
    /// A digest of what was asked.
    pub(super) asked: [u8; 32],
    pub(super) given: OnceCell<T>,
}

/// One tenant's.
pub(super) struct Shelf<T> {
    of: HashMap<[u8; 32], Entry<T>>,
    /// The keys, oldest first, with the time from which on they are of no use.
    order: VecDeque<(Instant, [u8; 32])>,
}

struct Entry<T> {
    kept: Arc<KeptAnswer<T>>,
    hold: Hold,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { of: HashMap::new(), order: VecDeque::new() }
    }
}

impl<T> Shelf<T> {
    /// What is kept under a key, or a new place for it.
    ///
    /// # Errors
    /// [`Refused`]: there is no room, and nothing of the tenant's can go.
    pub(super) fn find_or_make(
        &mut self,
        key: [u8; 32],
        asked: [u8; 32],
        now: Instant,
        pool: &Pool,
        owner: &Owner,
    ) -> Result<Arc<KeptAnswer<T>>, Refused> {
        self.forget(now);
        if let Some(entry) = self.of.get(&key) {
            return Ok(Arc::clone(&entry.kept));
        }
        let hold = loop {
            match pool.take(owner, KEY_BYTES) {
                Ok(hold) => break hold,
                Err(refused) if !self.drop_oldest(None) => return Err(refused),
                Err(_) => {}
            }
        };
        let kept = Arc::new(KeptAnswer { asked, given: OnceCell::new() });
        self.of.insert(key, Entry { kept: Arc::clone(&kept), hold });
        self.order.push_back((now + KEPT, key));
        Ok(kept)
    }

    /// Makes room for an answer of so many bytes. Returns whether there is room.
    pub(super) fn make_room(&mut self, key: [u8; 32], bytes: u64) -> bool {
        loop {
            let Some(entry) = self.of.get_mut(&key) else { return false };
            if entry.hold.grow(bytes).is_ok() {
                return true;
            }
            if !self.drop_oldest(Some(key)) {
                return false;
            }
        }
    }

    /// Whether nothing is left once what was kept long enough is forgotten.
    pub(super) fn is_empty_after(&mut self, now: Instant) -> bool {
        self.forget(now);
        self.of.is_empty()
    }

    /// An answer that is still being made stays: whoever asks again has to hear of it. None is looked at that is in time.
    fn forget(&mut self, now: Instant) {
        let mut old = self.order.partition_point(|(end, _)| *end <= now);
        while self.drop_first_of(old, None) {
            old -= 1;
        }
    }

    /// Drops the oldest of which nobody waits for the answer, other than this one.
    fn drop_oldest(&mut self, but: Option<[u8; 32]>) -> bool {
        self.drop_first_of(self.order.len(), but)
    }

    /// Drops the first of so many.
    fn drop_first_of(&mut self, oldest: usize, but: Option<[u8; 32]>) -> bool {
        let is_idle = |key: &[u8; 32]| self.of.get(key).is_none_or(|entry| Arc::strong_count(&entry.kept) == 1);
        let at = self.order.iter().take(oldest).position(|(_, key)| Some(*key) != but && is_idle(key));
        let Some((_, key)) = at.and_then(|at| self.order.remove(at)) else { return false };
        self.of.remove(&key);
        true
    }
}

#[cfg(test)]
mod tests {
    use vestibule_domain::TenantName;
    use vestibule_ledger::{Resource, Share};

    use super::*;

    fn owner(name: &str) -> Owner {
        Owner::Tenant(TenantName::new(name).unwrap())
    }

    fn key(number: u64) -> [u8; 32] {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&number.to_be_bytes());
        key
    }

    /// A pool of so many keys, of which one tenant may have a quarter.
    fn pool(keys: u64) -> Pool {
        Pool::new(Resource::KeptAnswers, keys * KEY_BYTES, Share { most: keys / 4 * KEY_BYTES })
    }

    fn keep(shelf: &mut Shelf<u64>, name: &str, number: u64, now: Instant, pool: &Pool) -> Option<u64> {
        let kept = shelf.find_or_make(key(number), [0; 32], now, pool, &owner(name)).unwrap();
        let was = kept.given.get().copied();
        let _ = kept.given.set(number);
        was
    }

    #[test]
    fn one_tenants_keys_drive_out_its_own_oldest_and_nobody_elses() {
        let (pool, now) = (pool(400), Instant::now());
        let (mut flood, mut calm) = (Shelf::default(), Shelf::default());
        assert_eq!(keep(&mut calm, "calm", 1, now, &pool), None);
        for number in 0..10_050 {
            assert_eq!(keep(&mut flood, "flood", number, now, &pool), None);
        }
        assert_eq!(keep(&mut calm, "calm", 1, now, &pool), Some(1));
        assert_eq!(keep(&mut flood, "flood", 10_049, now, &pool), Some(10_049));
        assert_eq!((flood.of.len(), flood.order.len(), pool.usage().0), (100, 100, 101 * KEY_BYTES));
    }

    #[test]
    fn what_is_being_answered_stays_and_what_is_old_goes() {
        let (pool, now) = (pool(16), Instant::now());
        let mut shelf = Shelf::<u64>::default();
        let under_way: Vec<_> =
            (0..4).map(|at| shelf.find_or_make(key(at), [0; 32], now, &pool, &owner("a")).unwrap()).collect();
        let refused = shelf.find_or_make(key(4), [0; 32], now, &pool, &owner("a")).err().unwrap();
        assert_eq!((refused.owner, refused.held), (owner("a"), 4 * KEY_BYTES));
        assert!(!shelf.is_empty_after(now + KEPT * 2));
        drop(under_way);
        assert!(!shelf.is_empty_after(now + KEPT - Duration::from_millis(1)));
        assert!(shelf.is_empty_after(now + KEPT));
        assert_eq!(pool.usage().0, 0);
    }

    #[test]
    fn an_answer_that_is_made_for_long_is_passed_over_and_none_that_is_in_time_goes() {
        let (pool, now) = (pool(64), Instant::now());
        let mut shelf = Shelf::<u64>::default();
        let _under_way = shelf.find_or_make(key(0), [0; 32], now, &pool, &owner("a")).unwrap();
        keep(&mut shelf, "a", 1, now, &pool);
        keep(&mut shelf, "a", 2, now + KEPT / 2, &pool);
        keep(&mut shelf, "a", 3, now + KEPT, &pool);
        let left: Vec<_> = shelf.order.iter().map(|(_, key)| key[7]).collect();
        assert_eq!((left, shelf.of.len()), (vec![0, 2, 3], 3));
    }

    #[test]
    fn a_large_answer_drives_out_older_ones_if_that_is_enough() {
        let (pool, now) = (pool(16), Instant::now());
        let mut shelf = Shelf::default();
        for number in 0..3 {
            keep(&mut shelf, "a", number, now, &pool);
        }
        assert!(shelf.make_room(key(2), 3 * KEY_BYTES));
        assert_eq!((shelf.of.len(), pool.usage().0), (1, 4 * KEY_BYTES));
        assert!(!shelf.make_room(key(2), KEY_BYTES), "it is the only one");
        assert!(!shelf.make_room(key(9), 0), "it went long ago");
    }
}
