//! How much tenants keep on disk, and what the host keeps free for itself.
//!
//! Not for: deleting anything; whoever looks after the logs does, and says here how much there was.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use vestibule_domain::TenantName;

use crate::database::{Database, read_from};
use crate::deadlines::LOGIN_DEADLINE;
use crate::logs::{Log, ROW_BYTES, log_span};
use crate::queue::{LockKey, Write};
use crate::{Administrators, Error, Reader, Store};

/// What a tenant may keep beyond what it is granted, before the oldest have gone: a quarter.
const SURPLUS: u64 = 4;
/// How long an answer of the file system is believed.
const BELIEVED: Duration = Duration::from_secs(1);
/// How many rows are counted by one query, which nobody waits for.
const COUNTED_AT_ONCE: u32 = 20_000;

/// Pages of the database's file that are free to be written again.
const FREE_PAGES: &str = "
    select freelist_count * page_size from pragma_freelist_count, pragma_page_size";
/// What a tenant has besides its decisions.
const REST: [&str; 4] = [
    log_span!("profile", "name", "octet_length(properties)"),
    log_span!("challenge", "challenge_id", "octet_length(state)"),
    log_span!("session", "session_id", "octet_length(state)"),
    Log::Audit.log_span(),
];

/// What is known of the disk.
pub(crate) struct Disk {
    /// Where the database's file is; with a server, its disk is its own administrator's.
    place: Place,
    reserve: AtomicU64,
    looked: Mutex<Option<(Instant, u64)>>,
    tenants: Mutex<HashMap<TenantName, Account>>,
    surplus: Notify,
}

/// Where the database writes.
pub(crate) enum Place {
    Directory(PathBuf),
    Elsewhere,
}

/// What a tenant keeps, or somebody adds to it, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// Decisions: the oldest go when it is too much.
    pub decisions: u64,
    /// Users, groups, questions, sessions and changes: none of them goes for its bytes.
    pub rest: u64,
}

impl Kept {
    const fn all(self) -> u64 {
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
struct Account {
    kept: Kept,
    most: u64,
}

impl Default for Account {
    fn default() -> Self {
        Self { kept: Kept::default(), most: u64::MAX }
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
    pub(crate) fn keep(&self, tenant: &TenantName, new: Kept) -> Result<(), Error> {
        let mut tenants = self.tenants();
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
        let mut tenants = self.tenants();
        let account = tenants.entry(tenant.clone()).or_default();
        let after = account.kept.with(Kept { decisions: 0, rest: bytes });
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
    pub(crate) fn give_back(&self, tenant: &TenantName, not_written: Kept) {
        if let Some(account) = self.tenants().get_mut(tenant) {
            account.kept = account.kept.without(not_written);
        }
    }

    /// Of a tenant that is no more.
    pub(crate) fn forget(&self, tenant: &TenantName) {
        self.tenants().remove(tenant);
    }

    fn tenants(&self) -> MutexGuard<'_, HashMap<TenantName, Account>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the disk has left, as it was asked within a second; no end of it where that is another machine's.
    async fn free(&self, database: &Database) -> Result<u64, Error> {
        let Place::Directory(directory) = &self.place else { return Ok(u64::MAX) };
        let known = *self.looked.lock().unwrap_or_else(PoisonError::into_inner);
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
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), free));
        Ok(free)
    }
}

impl<R: Reader> Store<R> {
    /// Keeps so many bytes of the disk free: below that only what makes less of it is written, and logins fail as [`Error::Reserve`]. Until
    /// it is said, none are.
    pub fn keep_free(&self, bytes: u64) {
        self.0.disk.reserve.store(bytes, Ordering::Relaxed);
    }

    /// Says how much a tenant may keep, before its first login: until it is counted what that is, it may add as much, and a quarter more.
    pub fn limit_records(&self, tenant: &TenantName, most: u64) {
        self.0.disk.tenants().entry(tenant.clone()).or_default().most = most;
    }

    /// Takes note of how much a tenant keeps, and may keep. It may have a quarter more until it is counted again.
    pub fn grant(&self, tenant: &TenantName, kept: Kept, most: u64) {
        self.0.disk.tenants().insert(tenant.clone(), Account { kept, most });
    }

    /// Waits until a tenant has more than it may.
    pub async fn surplus(&self) {
        self.0.disk.surplus.notified().await;
    }

    /// The tenants that have more than they may, as far as is known.
    pub fn in_surplus(&self) -> Vec<TenantName> {
        let tenants = self.0.disk.tenants();
        tenants
            .iter()
            .filter(|(_, account)| account.kept.all() > account.most)
            .map(|(tenant, _)| tenant.clone())
            .collect()
    }

    /// Writes all of it if the condition changes a row, and counts it as what an administrator has added to what the tenant keeps: so many
    /// bytes, and rows of the audit log. Returns whether it did.
    pub(crate) async fn write_counted(
        &self,
        row: LockKey,
        tenant: &TenantName,
        bytes: u64,
        condition: impl Into<Write>,
        audit: Vec<Write>,
    ) -> Result<bool, Error> {
        let rows = audit.iter().map(|row| row.bytes() as u64 + ROW_BYTES).sum::<u64>();
        let kept = Kept { decisions: 0, rest: bytes.saturating_add(rows) };
        self.ensure_space().await?;
        self.0.disk.keep_change(tenant, kept.rest)?;
        let written = self.0.queue.write_if(row, condition, audit).await;
        if written != Ok(true) {
            self.0.disk.give_back(tenant, kept);
        }
        written
    }

    /// Makes sure that the disk has more left than the host's own part.
    ///
    /// # Errors
    /// [`Error::Reserve`]; the database's.
    pub async fn ensure_space(&self) -> Result<(), Error> {
        let reserve = self.0.disk.reserve.load(Ordering::Relaxed);
        if reserve == 0 {
            return Ok(());
        }
        let free = self.0.disk.free(&self.0.readers.logins).await?;
        if free < reserve { Err(Error::Reserve { free, reserve }) } else { Ok(()) }
    }
}

impl Store<Administrators> {
    /// How many bytes a tenant has besides its decisions: [`Kept::rest`]. They are counted some at a time, and no write waits meanwhile.
    ///
    /// # Errors
    /// The database's.
    pub async fn kept_bytes(&self, tenant: &TenantName) -> Result<u64, Error> {
        let mut bytes = 0_u64;
        for sql in REST {
            let mut after = Some(String::new());
            while let Some(last) = after {
                let span = self.measure(sql, tenant, &last, COUNTED_AT_ONCE).await?;
                bytes = bytes.saturating_add(span.bytes);
                after = span.last.filter(|_| span.rows >= COUNTED_AT_ONCE.into());
            }
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_has_the_room_that_decisions_could_make_and_no_more() {
        let (disk, tenant) = (Disk::new(Place::Elsewhere), TenantName::default());
        disk.tenants().insert(tenant.clone(), Account { kept: Kept { decisions: 120, rest: 90 }, most: 100 });
        assert!(disk.keep(&tenant, Kept { decisions: 1, rest: 0 }).is_err());
        assert!(disk.keep_change(&tenant, 11).is_err());
        assert_eq!(disk.keep_change(&tenant, 10), Ok(()));
        disk.give_back(&tenant, Kept { decisions: 0, rest: 10 });
        assert_eq!(disk.keep_change(&tenant, 10), Ok(()));
    }
}
