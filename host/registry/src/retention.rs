//! What a tenant keeps of its past: decisions and changes that are too old go, and of too many the oldest.
//!
//! Not for: when that is looked at; whoever runs the host does that from time to time.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

use vestibule_domain::TenantName;
use vestibule_store::{Error as StoreError, Log, Store, TenantRow};

use crate::Terms;

/// How many rows are deleted while logins wait: some hundredths of a second.
const AT_ONCE: u32 = 5_000;
/// How many are counted by one query, which nobody waits for.
const COUNTED_AT_ONCE: u32 = 100_000;
/// Tenants looked at by one query.
const PAGE: u32 = 500;
/// What goes beside the surplus, so that a full log need not be counted again the next time: a fiftieth.
const SLACK: u64 = 50;

/// For how long things are kept; absent: for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages {
    /// Decisions.
    pub decisions: Option<Duration>,
    /// Changes in the audit log, the operator's too.
    pub audit: Option<Duration>,
}

/// Looks after the logs of all tenants.
pub struct Retention {
    store: Store,
    ages: Ages,
    /// What was counted already: each time only what is new is looked at.
    counted: HashMap<(TenantName, Log), Counted>,
}

/// A log up to some row. Another process may have deleted some of it since.
#[derive(Debug, Clone, Default)]
struct Counted {
    rows: u64,
    last: String,
}

impl Retention {
    /// Of the tenants of a store.
    pub fn new(store: Store, ages: Ages) -> Self {
        Self { store, ages, counted: HashMap::new() }
    }

    /// Deletes what is too old by now, or too much.
    ///
    /// # Errors
    /// The store's; what was not reached is reached the next time.
    pub async fn look(&mut self, now: SystemTime) -> Result<(), StoreError> {
        self.drop_old(Log::Audit, None, now).await?;
        let (mut after, mut known) = (None::<TenantName>, HashSet::new());
        loop {
            let tenants = self.store.tenants(after.as_ref().map(TenantName::as_str), PAGE).await?;
            let Some(last) = tenants.last() else { break };
            after = Some(last.name.clone());
            for tenant in tenants {
                self.look_at(&tenant, now).await?;
                known.insert(tenant.name);
            }
        }
        self.counted.retain(|(tenant, _), _| known.contains(tenant));
        Ok(())
    }

    async fn look_at(&mut self, tenant: &TenantRow, now: SystemTime) -> Result<(), StoreError> {
        for log in [Log::Decisions, Log::Audit] {
            self.drop_old(log, Some(&tenant.name), now).await?;
        }
        let terms = match Terms::read(&tenant.terms) {
            Ok(terms) => terms,
            Err(error) => {
                tracing::error!(tenant = %tenant.name, %error, "how much the tenant may keep is not known");
                return Ok(());
            }
        };
        self.drop_surplus(Log::Decisions, &tenant.name, terms.decisions).await?;
        self.drop_surplus(Log::Audit, &tenant.name, terms.audit_rows).await
    }

    async fn drop_old(&mut self, log: Log, tenant: Option<&TenantName>, now: SystemTime) -> Result<(), StoreError> {
        let age = match log {
            Log::Decisions => self.ages.decisions,
            Log::Audit => self.ages.audit,
        };
        let Some(before) = age.and_then(|age| now.checked_sub(age)) else { return Ok(()) };
        loop {
            let dropped = self.store.prune(log, tenant, Some(before), AT_ONCE).await?;
            if let Some(counted) = tenant.and_then(|tenant| self.counted.get_mut(&(tenant.clone(), log))) {
                counted.rows = counted.rows.saturating_sub(dropped);
            }
            if dropped < AT_ONCE.into() {
                return Ok(());
            }
        }
    }

    async fn drop_surplus(&mut self, log: Log, tenant: &TenantName, most: u64) -> Result<(), StoreError> {
        let key = (tenant.clone(), log);
        let mut counted = self.counted.remove(&key).unwrap_or_default();
        let counted_before = !counted.last.is_empty();
        self.count(log, tenant, &mut counted).await?;
        if counted.rows > most && counted_before {
            // Another process may have deleted some: nothing goes that has room.
            counted = Counted::default();
            self.count(log, tenant, &mut counted).await?;
        }
        let mut surplus = if counted.rows > most { counted.rows - most + most / SLACK } else { 0 };
        while surplus > 0 {
            let now = u32::try_from(surplus).unwrap_or(u32::MAX).min(AT_ONCE);
            let dropped = self.store.prune(log, Some(tenant), None, now).await?;
            counted.rows = counted.rows.saturating_sub(dropped);
            surplus = if dropped < now.into() { 0 } else { surplus - dropped };
        }
        if counted.rows > 0 {
            self.counted.insert(key, counted);
        }
        Ok(())
    }

    /// Counts on from what was counted.
    async fn count(&self, log: Log, tenant: &TenantName, counted: &mut Counted) -> Result<(), StoreError> {
        loop {
            let stretch = self.store.stretch(log, tenant, &counted.last, COUNTED_AT_ONCE).await?;
            let Some(last) = stretch.last else { return Ok(()) };
            *counted = Counted { rows: counted.rows + stretch.rows, last };
            if stretch.rows < COUNTED_AT_ONCE.into() {
                return Ok(());
            }
        }
    }
}
