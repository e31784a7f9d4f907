//! Room on the disk, asked for before anything is written: each tenant's, and the host's own part.
//!
//! Not for: keeping count; see `disk`.

use std::sync::atomic::Ordering;

use vestibule_domain::TenantName;

use crate::disk::{Account, KeptBytes};
use crate::logs::{Log, ROW_BYTES, log_span};
use crate::queue::{LockKey, Write};
use crate::{Administrators, Error, Reader, Store};

/// How many rows are counted by one query, which nobody waits for.
const COUNTED_AT_ONCE: u32 = 20_000;

/// What a tenant has besides its decisions.
const REST: [&str; 4] = [
    log_span!("profile", "name", "octet_length(properties)"),
    log_span!("challenge", "challenge_id", "octet_length(state)"),
    log_span!("session", "session_id", "octet_length(state)"),
    Log::Audit.log_span(),
];

impl<R: Reader> Store<R> {
    /// Keeps so many bytes of the disk free: below that only what makes less of it is written, and logins fail as [`Error::Reserve`]. Until
    /// it is said, none are.
    pub fn keep_free(&self, bytes: u64) {
        self.0.disk.reserve.store(bytes, Ordering::Relaxed);
    }

    /// Says how much a tenant may keep, before its first login: until it is counted what that is, it may add as much, and a quarter more.
    pub fn limit_records(&self, tenant: &TenantName, most: u64) {
        self.0.disk.tenants.lock().entry(tenant.clone()).or_default().most = most;
    }

    /// Takes note of how much a tenant keeps, and may keep. It may have a quarter more until it is counted again.
    pub fn grant(&self, tenant: &TenantName, kept: KeptBytes, most: u64) {
        self.0.disk.tenants.lock().insert(tenant.clone(), Account { kept, most });
    }

    /// Waits until a tenant has more than it may.
    pub async fn surplus(&self) {
        self.0.disk.surplus.notified().await;
    }

    /// The tenants that have more than they may, as far as is known.
    pub fn in_surplus(&self) -> Vec<TenantName> {
        let tenants = self.0.disk.tenants.lock();
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
        let kept = KeptBytes { decisions: 0, rest: bytes.saturating_add(rows) };
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
    /// How many bytes a tenant has besides its decisions: [`KeptBytes::rest`]. They are counted some at a time, and no write waits meanwhile.
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
