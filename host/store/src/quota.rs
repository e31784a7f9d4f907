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

use crate::database::{Database, read, read_from};
use crate::readers::LOGIN_DEADLINE;
use crate::{Administrators, Error, Reader, Store};

/// What a tenant may keep beyond what it is granted, before the oldest have gone: a quarter.
const SURPLUS: u64 = 4;
/// How long an answer of the file system is believed.
const BELIEVED: Duration = Duration::from_secs(1);
/// What the rows of a login take besides their texts, with what finds them.
const ROW_BYTES: u64 = 256;

/// Pages of the database's file that are free to be written again.
const FREE_PAGES: &str = "
    select freelist_count * page_size from pragma_freelist_count, pragma_page_size";
/// What a tenant has besides its decisions. The lengths stand apart from the texts.
const KEPT: &str = "
    select cast(
        (select coalesce(sum(octet_length(properties)), 0) from profile where tenant = $1)
        + (select coalesce(sum(octet_length(state)), 0) from challenge where tenant = $1)
        + (select coalesce(sum(octet_length(state)), 0) from session where tenant = $1)
    as bigint)";

/// What is known of the disk.
pub(crate) struct Quota {
    /// Where the database's file is; with a server, its disk is its own administrator's.
    place: Place,
    reserve: AtomicU64,
    looked: Mutex<Option<(Instant, u64)>>,
    tenants: Mutex<HashMap<TenantName, Kept>>,
    surplus: Notify,
}

/// Where the database writes.
pub(crate) enum Place {
    Directory(PathBuf),
    Elsewhere,
}

/// What a tenant keeps: as it was counted last, and what was written since.
#[derive(Debug, Clone, Copy)]
struct Kept {
    bytes: u64,
    most: u64,
}

impl Default for Kept {
    fn default() -> Self {
        Self { bytes: 0, most: u64::MAX }
    }
}

impl Quota {
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
    pub(crate) fn keep(&self, tenant: &TenantName, bytes: usize) -> Result<(), Error> {
        let mut tenants = self.tenants();
        let kept = tenants.entry(tenant.clone()).or_default();
        let after = kept.bytes.saturating_add(bytes as u64).saturating_add(ROW_BYTES);
        if after > kept.most.saturating_add(kept.most / SURPLUS) {
            self.surplus.notify_one();
            return Err(Error::Quota { bytes: kept.bytes, most: kept.most });
        }
        kept.bytes = after;
        if after > kept.most {
            self.surplus.notify_one();
        }
        Ok(())
    }

    fn tenants(&self) -> MutexGuard<'_, HashMap<TenantName, Kept>> {
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
    /// Keeps so many bytes of the disk free: below that only what keeps the host running is written, and logins fail as
    /// [`Error::Reserve`]. Until it is said, none are.
    pub fn keep_free(&self, bytes: u64) {
        self.0.quota.reserve.store(bytes, Ordering::Relaxed);
    }

    /// Takes note of how much a tenant keeps, and may keep. It may have a quarter more until it is counted again.
    pub fn grant(&self, tenant: &TenantName, bytes: u64, most: u64) {
        self.0.quota.tenants().insert(tenant.clone(), Kept { bytes, most });
    }

    /// Waits until a tenant has more than it may.
    pub async fn surplus(&self) {
        self.0.quota.surplus.notified().await;
    }

    /// The tenants that have more than they may, as far as is known.
    pub fn in_surplus(&self) -> Vec<TenantName> {
        let tenants = self.0.quota.tenants();
        tenants.iter().filter(|(_, kept)| kept.bytes > kept.most).map(|(tenant, _)| tenant.clone()).collect()
    }

    /// Makes sure that the disk has more left than the host's own part.
    ///
    /// # Errors
    /// [`Error::Reserve`]; the database's.
    pub(crate) async fn ensure_space(&self) -> Result<(), Error> {
        let reserve = self.0.quota.reserve.load(Ordering::Relaxed);
        if reserve == 0 {
            return Ok(());
        }
        let free = self.0.quota.free(&self.0.readers.logins).await?;
        if free < reserve { Err(Error::Reserve { free, reserve }) } else { Ok(()) }
    }
}

impl Store<Administrators> {
    /// How many bytes a tenant's users, groups, questions and sessions have.
    ///
    /// # Errors
    /// [`Error::Busy`]; [`Error::TooSlow`]; the database's.
    pub async fn kept_bytes(&self, tenant: &TenantName) -> Result<u64, Error> {
        let bytes: i64 = read!(self, Some(tenant), on => sqlx::query_scalar(KEPT).bind(tenant.as_str()).fetch_one(on))?;
        Ok(u64::try_from(bytes).unwrap_or_default())
    }
}
