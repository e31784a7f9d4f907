//! Whose wrong passwords could not be counted: a right one is worth nothing there before one can be counted again.
//!
//! Not for: how often somebody got one wrong; that stands with the password.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use vestibule_domain::TenantName;

use crate::Error;

/// How long a database that could not count is not ready, unless it counts before: nobody may come by meanwhile to try it.
const NOT_READY: Duration = Duration::from_secs(10);

/// No more tenants than there are.
#[derive(Default)]
pub(crate) struct Uncounted {
    tenants: Mutex<HashSet<TenantName>>,
    /// When the database could not count last; absent since it could.
    failed: Mutex<Option<Instant>>,
}

/// Something that is being counted. Dropped before that is known, also because nobody waits any longer, it was not counted.
pub(crate) struct Counting<'a> {
    uncounted: &'a Uncounted,
    tenant: &'a TenantName,
    known: bool,
}

impl Uncounted {
    /// Begins to count.
    pub(crate) const fn count<'a>(&'a self, tenant: &'a TenantName) -> Counting<'a> {
        Counting { uncounted: self, tenant, known: false }
    }

    /// Whether all of a tenant's failures were counted, as far as is known.
    pub(crate) fn is_clear(&self, tenant: &TenantName) -> bool {
        !self.tenants.lock().contains(tenant)
    }

    /// Whether the database has failed to count just now, and not counted since.
    pub(crate) fn just_failed(&self) -> bool {
        self.failed.lock().is_some_and(|at| at.elapsed() < NOT_READY)
    }

    /// Of a tenant that is no more.
    pub(crate) fn forget(&self, tenant: &TenantName) {
        self.tenants.lock().remove(tenant);
    }

    fn note(&self, tenant: &TenantName) {
        self.tenants.lock().insert(tenant.clone());
    }
}

impl Counting<'_> {
    /// What came of it. That too much of a tenant waits to be written is its own doing, and keeps its right passwords from being put on
    /// record as well.
    pub(crate) fn came<T>(mut self, outcome: &Result<T, Error>) {
        self.known = true;
        match outcome {
            Ok(_) => {
                self.uncounted.forget(self.tenant);
                *self.uncounted.failed.lock() = None;
            }
            Err(Error::Busy(_)) => {}
            Err(_) => {
                self.uncounted.note(self.tenant);
                *self.uncounted.failed.lock() = Some(Instant::now());
            }
        }
    }
}

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        if !self.known {
            self.uncounted.note(self.tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    use vestibule_ledger::{Owner, Refused, Resource};

    use super::*;

    #[test]
    fn what_one_tenant_could_not_count_is_no_other_ones_matter() {
        let (uncounted, acme, other) = (Uncounted::default(), TenantName::new("acme").unwrap(), TenantName::default());
        drop(uncounted.count(&acme));
        assert!(!uncounted.is_clear(&acme) && uncounted.is_clear(&other));
        assert!(!uncounted.just_failed(), "somebody has hung up");
        uncounted.count(&acme).came(&Ok(()));
        assert!(uncounted.is_clear(&acme));
    }

    #[test]
    fn a_database_that_fails_is_not_ready_and_a_tenant_with_too_much_under_way_changes_nothing() {
        let (uncounted, tenant, resource) = (Uncounted::default(), TenantName::default(), Resource::WriteQueue);
        let refused = Refused { resource, owner: Owner::from(&tenant), asked: 1, held: 1, most: 1, ever: 1 };
        uncounted.count(&tenant).came(&Err::<(), _>(Error::Busy(refused)));
        assert!(uncounted.is_clear(&tenant) && !uncounted.just_failed());
        uncounted.count(&tenant).came(&Err::<(), _>(Error::Full));
        assert!(!uncounted.is_clear(&tenant) && uncounted.just_failed());
        uncounted.count(&TenantName::new("other").unwrap()).came(&Ok(()));
        assert!(!uncounted.is_clear(&tenant) && !uncounted.just_failed());
    }
}
