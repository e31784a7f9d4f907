//! What a tenant keeps of its past: decisions and changes that are too old go, and of too many the oldest.
//!
//! Not for: when that is looked at; whoever runs the host does that from time to time.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use vestibule_domain::TenantName;
use vestibule_store::{Error as StoreError, KeptBytes, Log, LogSpan, PruneFilter, Store, TenantRow};

use crate::terms;

/// How many rows are deleted while logins wait: some hundredths of a second.
const AT_ONCE: u32 = 2_000;
/// How many are counted by one query, which nobody waits for.
const COUNTED_AT_ONCE: u32 = 20_000;
/// Tenants looked at by one query.
const PAGE: u32 = 500;
/// What goes beside the surplus, so that a full log need not be counted again the next time: a fiftieth.
const SLACK: u64 = 50;
/// Changes that are younger stay, however many there are: whoever has a tenant's token could otherwise make so many that what was done
/// before is gone, a million within six hours. What that costs is bounded by the requests that the terms allow: with 50 a second, 130
/// million rows in this time.
const AUDIT_STAYS: Duration = Duration::from_secs(30 * 86_400);

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
    bytes: u64,
    last: String,
}

impl Counted {
    /// So many rows have gone; their bytes are taken for the mean.
    fn forget(&mut self, rows: u64) {
        let mean = self.bytes / self.rows.max(1);
        self.rows = self.rows.saturating_sub(rows);
        self.bytes = self.bytes.saturating_sub(mean.saturating_mul(rows));
    }

    fn grow(&mut self, rows: u64, bytes: u64) {
        self.rows = self.rows.saturating_add(rows);
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

fn not_cut(tenant: &TenantName, error: &StoreError) {
    tracing::warn!(%tenant, %error, "what a tenant keeps could not be counted or cut");
}

impl Retention {
    /// Of the tenants of a store.
    pub fn new(store: Store, ages: Ages) -> Self {
        Self { store, ages, counted: HashMap::new() }
    }

    /// Deletes what is too old by now, or too much.
    ///
    /// # Errors
    /// The store's, the last one of several: that one tenant's logs cannot be cut is no reason to leave another's. What was not reached is
    /// reached the next time.
    pub async fn look(&mut self, now: SystemTime) -> Result<(), StoreError> {
        let mut all = self.drop_old(Log::Audit, None, now).await;
        let (mut after, mut known) = (None::<TenantName>, HashSet::new());
        loop {
            let tenants = self.store.for_administrators().tenants(after.as_ref().map(TenantName::as_str), PAGE).await?;
            let Some(last) = tenants.last() else { break };
            after = Some(last.name.clone());
            for tenant in tenants {
                all = self.look_at(&tenant, now).await.inspect_err(|error| not_cut(&tenant.name, error)).and(all);
                known.insert(tenant.name);
            }
        }
        self.counted.retain(|(tenant, _), _| known.contains(tenant));
        all
    }

    /// The same for the tenants that are known to keep more than they may.
    ///
    /// # Errors
    /// As for [`Retention::look`].
    pub async fn look_at_surplus(&mut self, now: SystemTime) -> Result<(), StoreError> {
        let mut all = Ok(());
        for tenant in self.store.in_surplus() {
            let looked = match self.store.tenant(&tenant).await {
                Ok(Some(tenant)) => self.look_at(&tenant, now).await,
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            all = looked.inspect_err(|error| not_cut(&tenant, error)).and(all);
        }
        all
    }

    async fn look_at(&mut self, tenant: &TenantRow, now: SystemTime) -> Result<(), StoreError> {
        for log in [Log::Decisions, Log::Audit] {
            self.drop_old(log, Some(&tenant.name), now).await?;
        }
        let terms = match terms::read(&tenant.terms) {
            Ok(terms) => terms,
            Err(error) => {
                tracing::error!(tenant = %tenant.name, %error, "how much the tenant may keep is not known");
                return Ok(());
            }
        };
        self.drop_surplus(Log::Decisions, &tenant.name, terms.decisions, None).await?;
        self.drop_bytes(&tenant.name, terms.record_bytes).await?;
        // Of a clock that says less, nothing is old enough.
        let before = now.checked_sub(AUDIT_STAYS).unwrap_or(UNIX_EPOCH);
        let dropped = self.drop_surplus(Log::Audit, &tenant.name, terms.audit_rows, Some(before)).await?;
        if dropped > 0 {
            tracing::warn!(tenant = %tenant.name, rows = dropped, "changes went before their time: the tenant makes too many");
        }
        Ok(())
    }

    async fn drop_old(&mut self, log: Log, tenant: Option<&TenantName>, now: SystemTime) -> Result<(), StoreError> {
        let age = match log {
            Log::Decisions => self.ages.decisions,
            Log::Audit => self.ages.audit,
        };
        let Some(before) = age.and_then(|age| now.checked_sub(age)) else { return Ok(()) };
        let dropped = self.drop_past(log, tenant, PruneFilter { before: Some(before), up_to: None }).await?;
        if let Some(counted) = tenant.and_then(|tenant| self.counted.get_mut(&(tenant.clone(), log))) {
            counted.forget(dropped);
        }
        Ok(())
    }

    /// Returns how many rows went.
    async fn drop_surplus(
        &mut self,
        log: Log,
        tenant: &TenantName,
        most: u64,
        before: Option<SystemTime>,
    ) -> Result<u64, StoreError> {
        let key = (tenant.clone(), log);
        let mut counted = self.counted.remove(&key).unwrap_or_default();
        self.count(log, tenant, &mut counted).await?;
        let mut dropped = 0;
        if counted.rows > most {
            match self.last_of_surplus(log, tenant, &counted.last, most).await? {
                Some(last) => {
                    dropped = self.drop_past(log, Some(tenant), PruneFilter { before, up_to: Some(&last) }).await?;
                    counted.forget(dropped);
                }
                None => {
                    // Another process has deleted some.
                    counted = Counted::default();
                    self.count(log, tenant, &mut counted).await?;
                }
            }
        }
        if counted.rows > 0 {
            self.counted.insert(key, counted);
        }
        Ok(dropped)
    }

    /// Drops the oldest decisions as long as the tenant keeps more bytes than it may, and takes note of what is left. What a surplus of
    /// rows has left of bytes is estimated by their mean, and what another process has deleted is not known: before any decision goes, all
    /// are counted anew.
    async fn drop_bytes(&mut self, tenant: &TenantName, most: u64) -> Result<(), StoreError> {
        let rest = self.store.for_administrators().kept_bytes(tenant).await?;
        let mut counted = self.counted.remove(&(tenant.clone(), Log::Decisions)).unwrap_or_default();
        let room = most.saturating_sub(rest);
        if counted.bytes > room {
            counted = self.cut(tenant, room).await?;
        }
        // What came meanwhile, which may be much where there was much to count.
        self.count(Log::Decisions, tenant, &mut counted).await?;
        self.store.grant(tenant, KeptBytes { decisions: counted.bytes, rest }, most);
        if counted.rows > 0 {
            self.counted.insert((tenant.clone(), Log::Decisions), counted);
        }
        Ok(())
    }

    /// Counts the decisions, drops the oldest if they have more than so many bytes, and returns what is left. It is the newest that are
    /// added up until there is no room: what other processes delete meanwhile at the other end moves the cut nowhere.
    async fn cut(&self, tenant: &TenantName, room: u64) -> Result<Counted, StoreError> {
        let mut spans = self.spans(tenant).await?;
        let all = spans.iter().fold(0_u64, |all, span| all.saturating_add(span.bytes));
        let room = if all > room { room - room / SLACK } else { u64::MAX };
        let last = spans.last().and_then(|newest| newest.last.clone()).unwrap_or_default();
        let mut kept = Counted { last, ..Counted::default() };
        while let Some(LogSpan { rows, bytes, last: Some(last) }) = spans.pop() {
            let left = room - kept.bytes;
            if bytes <= left {
                kept.grow(rows, bytes);
                continue;
            }
            let before = spans.last().and_then(|older| older.last.as_deref()).unwrap_or_default();
            let newest = self.store.for_administrators().newest(tenant, before, &last, left).await?;
            kept.grow(newest.rows, newest.bytes);
            let past = PruneFilter { before: None, up_to: newest.last.as_deref() };
            if past.up_to.is_some() {
                let dropped = self.drop_past(Log::Decisions, Some(tenant), past).await?;
                tracing::info!(%tenant, rows = dropped, "decisions went for their bytes");
            }
            break;
        }
        Ok(kept)
    }

    /// All decisions, the oldest first, some together.
    async fn spans(&self, tenant: &TenantName) -> Result<Vec<LogSpan>, StoreError> {
        let store = self.store.for_administrators();
        let mut all: Vec<LogSpan> = Vec::new();
        loop {
            let after = all.last().and_then(|before| before.last.as_deref()).unwrap_or_default();
            let next = store.log_span(Log::Decisions, tenant, after, COUNTED_AT_ONCE).await?;
            let more = next.rows >= COUNTED_AT_ONCE.into();
            if next.last.is_some() {
                all.push(next);
            }
            if !more {
                return Ok(all);
            }
        }
    }

    /// The last row that has to go, if there are too many up to `newest`. It is found from that end: what other processes delete
    /// meanwhile at the other one moves it nowhere.
    async fn last_of_surplus(
        &self,
        log: Log,
        tenant: &TenantName,
        newest: &str,
        most: u64,
    ) -> Result<Option<String>, StoreError> {
        let slack = most / SLACK;
        let Some(last) = self.back(log, tenant, newest, most - slack).await? else { return Ok(None) };
        Ok(self.back(log, tenant, &last, slack).await?.and(Some(last)))
    }

    /// The row that comes so many before another one.
    async fn back(&self, log: Log, tenant: &TenantName, from: &str, rows: u64) -> Result<Option<String>, StoreError> {
        let (mut id, mut left) = (from.to_owned(), rows);
        loop {
            let now = u32::try_from(left).unwrap_or(u32::MAX).min(COUNTED_AT_ONCE);
            let Some(found) = self.store.for_administrators().back(log, tenant, &id, now).await? else {
                return Ok(None);
            };
            (id, left) = (found, left - u64::from(now));
            if left == 0 {
                return Ok(Some(id));
            }
        }
    }

    /// Returns how many rows went.
    async fn drop_past(&self, log: Log, tenant: Option<&TenantName>, past: PruneFilter<'_>) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let dropped = self.store.prune(log, tenant, past, AT_ONCE).await?;
            all += dropped;
            if dropped == 0 {
                return Ok(all);
            }
        }
    }

    /// Counts on from what was counted.
    async fn count(&self, log: Log, tenant: &TenantName, counted: &mut Counted) -> Result<(), StoreError> {
        loop {
            let span = self.store.for_administrators().log_span(log, tenant, &counted.last, COUNTED_AT_ONCE).await?;
            let Some(last) = span.last else { return Ok(()) };
            *counted = Counted { rows: counted.rows + span.rows, bytes: counted.bytes + span.bytes, last };
            if span.rows < COUNTED_AT_ONCE.into() {
                return Ok(());
            }
        }
    }
}
