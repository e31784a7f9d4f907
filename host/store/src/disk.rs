//! How much tenants keep on disk, and what the host keeps free for itself.
//!
//! Not for: deleting anything; whoever looks after the logs does, and says here how much there was.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;
use vestibule_domain::TenantName;

use crate::Error;
use crate::database::{Database, read_from};
use crate::deadlines::LOGIN_DEADLINE;

/// What a tenant may keep beyond what it is granted, before the oldest have gone: a quarter.
const SURPLUS: u64 = 4;
/// How long an answer of the file system is believed.
const BELIEVED: Duration = Duration::from_secs(1);
/// Pages of the database's file that are free to be written again.
const FREE_PAGES: &str = "
    select freelist_count * page_size from pragma_freelist_count, pragma_page_size";
/// What is known of the disk.
pub(crate) struct Disk {
    /// Where the database's file is; with a server, its disk is its own administrator's.
    place: Place,
    pub(crate) reserve: AtomicU64,
    looked: Mutex<Option<(Instant, u64)>>,
    pub(crate) tenants: Mutex<HashMap<TenantName, Account>>,
    pub(crate) surplus: Notify,
}

/// Where the database writes.
pub(crate) enum Place {
    Directory(PathBuf),
    Elsewhere,
}

/// What a tenant keeps, or somebody adds to it, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeptBytes {
    /// Decisions: the oldest go when it is too much.
    pub decisions: u64,
    /// Users, groups, questions, sessions and changes: none of them goes for its bytes.
    pub rest: u64,
}

impl KeptBytes {
    pub(crate) const fn all(self) -> u64 {
        self.decisions.saturating_add(self.rest)
    }

    const fn with(self, more: Self) -> Self {
        let (decisions, rest) = (self.decisions.saturating_add(more.decisions), self.rest.saturating_add(more.rest));
        Self { decisions, rest }
    }

    const fn without(self, less: Self) -> Self {
        let (decisions, rest) = (self.decisions.saturating_sub(less.decisions), self.rest.saturating_sub(less.rest));
        Self { decisions, rest }
    }
}

/// What a tenant keeps, as it was counted last and with what was written since, and how much it may.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    pub(crate) kept: KeptBytes,
    pub(crate) most: u64,
}

impl Default for Account {
    fn default() -> Self {
        Self { kept: KeptBytes::default(), most: u64::MAX }
    }
}

impl Disk {
    pub(crate) fn new(place: Place) -> Self {
        Self {
            place,
            reserve: AtomicU64::new(0),
            looked: Mutex::default(),
            tenants: Mutex::default(),
            surplus: Notify::new(),
        }
    }

    /// Counts what a login leaves behind.
    ///
    /// # Errors
    /// [`Error::Quota`]: the tenant has much more than it may have, and what is old has not gone yet.
    pub(crate) fn keep(&self, tenant: &TenantName, new: KeptBytes) -> Result<(), Error> {
        let mut tenants = self.tenants.lock();
        let account = tenants.entry(tenant.clone()).or_default();
        let after = account.kept.with(new);
        if after.all() > account.most {
            self.surplus.notify_one();
        }
        if after.all() > account.most.saturating_add(account.most / SURPLUS) {
            return Err(Error::Quota { bytes: account.kept.all(), most: account.most });
        }
        account.kept = after;
        Ok(())
    }

    /// Counts what an administrator adds. Decisions go for it; where they have all gone, there is no room.
    ///
    /// # Errors
    /// [`Error::Quota`].
    pub(crate) fn keep_change(&self, tenant: &TenantName, bytes: u64) -> Result<(), Error> {
        let mut tenants = self.tenants.lock();
        let account = tenants.entry(tenant.clone()).or_default();
        let after = account.kept.with(KeptBytes { decisions: 0, rest: bytes });
        if after.rest > account.most {
            return Err(Error::Quota { bytes: account.kept.rest, most: account.most });
        }
        account.kept = after;
        if after.all() > account.most {
            self.surplus.notify_one();
        }
        Ok(())
    }

    /// What was counted was not written.
    pub(crate) fn give_back(&self, tenant: &TenantName, not_written: KeptBytes) {
        if let Some(account) = self.tenants.lock().get_mut(tenant) {
            account.kept = account.kept.without(not_written);
        }
    }

    /// Of a tenant that is no more.
    pub(crate) fn forget(&self, tenant: &TenantName) {
        self.tenants.lock().remove(tenant);
    }

    /// What the disk has left, as it was asked within a second; no end of it where that is another machine's.
    pub(crate) async fn free(&self, database: &Database) -> Result<u64, Error> {
        let Place::Directory(directory) = &self.place else { return Ok(u64::MAX) };
        let known = *self.looked.lock();
        if let Some((_, free)) = known.filter(|(at, _)| at.elapsed() < BELIEVED) {
            return Ok(free);
        }
        let disk = rustix::fs::statvfs(directory).map_err(|error| Error::Unavailable(error.to_string()))?;
        let mut free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free < self.reserve.load(Ordering::Relaxed) {
            // What was deleted is not given back to the disk, and is written again.
            let pages: i64 = read_from!(database, LOGIN_DEADLINE, false, on =>
                sqlx::query_scalar(FREE_PAGES).fetch_one(on))?;
            free = free.saturating_add(u64::try_from(pages).unwrap_or_default());
        }
        *self.looked.lock() = Some((Instant::now(), free));
        Ok(free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_has_the_room_that_decisions_could_make_and_no_more() {
        let (disk, tenant) = (Disk::new(Place::Elsewhere), TenantName::default());
        disk.tenants.lock().insert(tenant.clone(), Account { kept: KeptBytes { decisions: 120, rest: 90 }, most: 100 });
        assert!(disk.keep(&tenant, KeptBytes { decisions: 1, rest: 0 }).is_err());
        assert!(disk.keep_change(&tenant, 11).is_err());
        assert_eq!(disk.keep_change(&tenant, 10), Ok(()));
        disk.give_back(&tenant, KeptBytes { decisions: 0, rest: 10 });
        assert_eq!(disk.keep_change(&tenant, 10), Ok(()));
    }
}
