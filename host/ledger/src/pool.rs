//! An amount that is held, and given back by whoever drops what it was handed.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::owner::Owner;
use crate::refused::Refused;
use crate::resource::Resource;
use crate::share::Share;

/// So much of a resource, which all owners share. Clones share it.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

struct Inner {
    resource: Resource,
    total: u64,
    share: Share,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    all: u64,
    owners: HashMap<Owner, u64>,
}

/// What was taken; dropped, it is there for others.
pub struct Hold {
    pool: Pool,
    owner: Owner,
    amount: u64,
}

impl Pool {
    /// So much in all, and so much of it for one owner at most.
    pub fn new(resource: Resource, total: u64, share: Share) -> Self {
        Self(Arc::new(Inner { resource, total, share, held: Mutex::default() }))
    }

    /// Takes so much for an owner. Nothing is a good amount to begin with, if more is taken as it is needed.
    ///
    /// # Errors
    /// [`Refused`]: the owner holds its share, or there is too little left.
    pub fn take(&self, owner: &Owner, amount: u64) -> Result<Hold, Refused> {
        let mut hold = Hold { pool: self.clone(), owner: owner.clone(), amount: 0 };
        hold.grow(amount)?;
        Ok(hold)
    }

    /// How much is held, of how much.
    pub fn usage(&self) -> (u64, u64) {
        (self.0.held.lock().all, self.0.total)
    }

    /// What is counted here.
    pub fn resource(&self) -> Resource {
        self.0.resource
    }
}

impl Hold {
    /// Takes so much more.
    ///
    /// # Errors
    /// [`Refused`]; what was held before still is.
    pub fn grow(&mut self, amount: u64) -> Result<(), Refused> {
        if amount == 0 {
            return Ok(());
        }
        let Inner { resource, total, share, .. } = *self.pool.0;
        let mut locked = self.pool.0.held.lock();
        let Held { all, owners } = &mut *locked;
        let free = total.saturating_sub(*all);
        let owned = owners.get_mut(&self.owner);
        let held = owned.as_deref().copied().unwrap_or_default();
        if !share.allows(held, amount, free) {
            let left_over = if held == 0 { free } else { held.saturating_add(free) / 2 };
            let most = share.most.min(left_over);
            let ever = share.most.min(total);
            // Of what is held by and by, all of it is asked for: to have the rest of too much, nobody can wait.
            let asked = self.amount.saturating_add(amount);
            return Err(Refused { resource, owner: self.owner.clone(), asked, held, most, ever });
        }
        *all = all.saturating_add(amount);
        match owned {
            Some(owned) => *owned = held.saturating_add(amount),
            None => drop(owners.insert(self.owner.clone(), amount)),
        }
        self.amount = self.amount.saturating_add(amount);
        Ok(())
    }

    /// Gives so much of it back, or all if that is less.
    pub fn shrink(&mut self, amount: u64) {
        let amount = amount.min(self.amount);
        if amount == 0 {
            return;
        }
        let mut all = self.pool.0.held.lock();
        all.all = all.all.saturating_sub(amount);
        if let Some(owned) = all.owners.get_mut(&self.owner) {
            *owned = owned.saturating_sub(amount);
            if *owned == 0 {
                all.owners.remove(&self.owner);
            }
        }
        self.amount -= amount;
    }

    /// How much is held by this.
    pub const fn amount(&self) -> u64 {
        self.amount
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.shrink(self.amount);
    }
}

impl std::fmt::Debug for Hold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} held by {}", self.amount, self.pool.0.resource.name(), self.owner)
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (held, total) = self.usage();
        write!(f, "{held} of {total} {}", self.0.resource.name())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vestibule_domain::TenantName;

    use super::*;

    fn tenant(name: &str) -> Owner {
        Owner::Tenant(TenantName::new(name).unwrap())
    }

    fn pool(total: u64, most: u64) -> Pool {
        Pool::new(Resource::RequestBodies, total, Share { most })
    }

    #[test]
    fn what_is_dropped_is_there_for_others_and_nobody_is_remembered() {
        let pool = pool(100, 100);
        let hold = pool.take(&tenant("a"), 60).unwrap();
        assert_eq!((pool.usage(), hold.amount()), ((60, 100), 60));
        let refused = pool.take(&tenant("a"), 60).unwrap_err();
        assert_eq!((refused.asked, refused.held, refused.most), (60, 60, 50));
        drop(hold);
        assert!(pool.usage().0 == 0 && pool.0.held.lock().owners.is_empty());
    }

    #[test]
    fn one_owner_leaves_as_much_as_it_holds() {
        let pool = pool(100, 100);
        let mut hold = pool.take(&tenant("a"), 1).unwrap();
        while hold.grow(1).is_ok() {}
        assert_eq!(hold.amount(), 50);
        assert!(pool.take(&tenant("b"), 40).is_ok());
    }

    #[test]
    fn waiting_helps_nobody_who_comes_to_too_much_by_and_by() {
        let pool = pool(100, 10);
        let mut hold = pool.take(&tenant("a"), 0).unwrap();
        while hold.grow(3).is_ok() {}
        let refused = hold.grow(3).unwrap_err();
        assert_eq!((refused.asked, refused.retry_after()), (12, None));
        drop(hold);
        let _other = pool.take(&tenant("a"), 8).unwrap();
        assert!(pool.take(&tenant("a"), 3).unwrap_err().retry_after().is_some());
    }

    #[test]
    fn waiting_helps_only_for_what_can_ever_be_had() {
        let pool = pool(100, 10);
        assert_eq!(pool.take(&tenant("a"), 11).unwrap_err().retry_after(), None);
        let _hold = pool.take(&tenant("a"), 10).unwrap();
        assert!(pool.take(&tenant("a"), 1).unwrap_err().retry_after().is_some());
        let mut holds: Vec<_> = ["b", "c", "d"].iter().map(|name| pool.take(&tenant(name), 10).unwrap()).collect();
        holds.extend((0..6).map(|number| pool.take(&tenant(&format!("e{number}")), 9).unwrap()));
        let refused = pool.take(&tenant("f"), 10).unwrap_err();
        assert_eq!((refused.held, refused.most), (0, 6), "others hold it");
        assert!(refused.retry_after().is_some());
    }

    proptest! {
        #[test]
        fn what_is_held_adds_up_whatever_is_taken_and_given_back(steps: Vec<(u8, u8, bool)>) {
            let pool = pool(1000, 400);
            let mut holds: Vec<Hold> = Vec::new();
            for (owner, amount, take) in steps {
                if take {
                    holds.extend(pool.take(&tenant(&format!("t{}", owner % 5)), amount.into()));
                } else if !holds.is_empty() {
                    let at = usize::from(owner) % holds.len();
                    holds[at].shrink(amount.into());
                    if amount % 2 == 0 { drop(holds.swap_remove(at)); }
                }
                let held: u64 = holds.iter().map(Hold::amount).sum();
                prop_assert_eq!(pool.usage().0, held);
                prop_assert!(held <= 1000);
                prop_assert!(pool.0.held.lock().owners.values().all(|owned| (1..=400).contains(owned)));
            }
        }
    }
}
