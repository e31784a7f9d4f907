//! What is known of a tenant beyond its door, which is made anew at every change: what it has taken, what its logins cost lately, and
//! what was learnt of versions on trial lately.
//!
//! Not for: lasting records; another process counts by itself.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use vestibule_domain::TenantName;

use crate::Terms;
use crate::door::Busy;
use crate::meter::{Flow, Meter};
use crate::trial::Trials;

/// How long terms count for requests without another look, which would cost as much as most requests do.
const TRUSTED: Duration = Duration::from_secs(1);

/// One tenant's page.
pub(crate) struct Page {
    logins: Meter,
    fuel: Meter,
    log: Meter,
    requests: Meter,
    /// How many requests the terms allow in a second, and when they were read.
    requests_per_second: Mutex<(u32, Instant)>,
    /// The fuel of a login lately, averaged.
    usual_fuel: AtomicU64,
    trials: Mutex<Arc<Trials>>,
}

/// The pages of every tenant that had a login or made a request.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<HashMap<TenantName, Arc<Page>>>);

impl Ledger {
    /// A tenant's page; a new one is full of what these terms allow.
    pub(crate) fn page(&self, tenant: &TenantName, terms: &Terms) -> Arc<Page> {
        let mut pages = lock(&self.0);
        if let Some(page) = pages.get(tenant) {
            return Arc::clone(page);
        }
        let page = Arc::new(Page::new(terms));
        pages.insert(tenant.clone(), Arc::clone(&page));
        page
    }

    /// A tenant's page, if its terms were read just now.
    pub(crate) fn fresh(&self, tenant: &TenantName) -> Option<Arc<Page>> {
        let page = lock(&self.0).get(tenant).cloned()?;
        let read = lock(&page.requests_per_second).1;
        Some(page).filter(|_| read.elapsed() < TRUSTED)
    }

    /// A tenant's page, where these are the terms by now.
    pub(crate) fn renewed(&self, tenant: &TenantName, terms: &Terms) -> Arc<Page> {
        let page = self.page(tenant, terms);
        *lock(&page.requests_per_second) = (terms.requests_per_second, Instant::now());
        page
    }

    /// What was learnt here of the trials of a tenant's revision, if that is the one it was learnt of last.
    pub(crate) fn trials(&self, tenant: &TenantName, revision: i64) -> Option<Arc<Trials>> {
        let page = lock(&self.0).get(tenant).cloned()?;
        let trials = Arc::clone(&lock(&page.trials));
        (trials.revision() == revision).then_some(trials)
    }

    /// Tenants with trials of which something was learnt that the store does not have.
    pub(crate) fn with_news(&self) -> Vec<(TenantName, Arc<Trials>)> {
        let all = lock(&self.0);
        let trials = all.iter().map(|(tenant, page)| (tenant.clone(), Arc::clone(&lock(&page.trials))));
        trials.filter(|(_, trials)| trials.has_news()).collect()
    }

    /// Of a tenant that is no more.
    pub(crate) fn forget(&self, tenant: &TenantName) {
        lock(&self.0).remove(tenant);
    }
}

impl Page {
    fn new(terms: &Terms) -> Self {
        let now = Instant::now();
        Self {
            logins: Meter::full(in_a_second(terms.logins_per_second), now),
            fuel: Meter::full(in_a_minute(terms.fuel_per_minute), now),
            log: Meter::full(in_a_minute(terms.log_bytes_per_minute), now),
            requests: Meter::full(in_a_second(terms.requests_per_second), now),
            requests_per_second: Mutex::new((terms.requests_per_second, now)),
            usual_fuel: AtomicU64::new(0),
            trials: Mutex::new(Arc::new(Trials::new(0))),
        }
    }

    /// Takes one login, if these terms allow it now.
    pub(crate) fn take_login(&self, terms: &Terms) -> Result<(), Busy> {
        let now = Instant::now();
        self.fuel.ensure_any(in_a_minute(terms.fuel_per_minute), now).map_err(Busy::Fuel)?;
        self.logins.take(in_a_second(terms.logins_per_second), 1.0, now).map_err(Busy::Logins)
    }

    /// Takes one request that is no login, or says how long it takes until the terms allow one.
    pub(crate) fn take_request(&self) -> Result<(), Duration> {
        let (per_second, _) = *lock(&self.requests_per_second);
        self.requests.take(in_a_second(per_second), 1.0, Instant::now())
    }

    /// Takes so many bytes of log, if these terms allow them now.
    #[expect(clippy::cast_precision_loss, reason = "a quota need not be exact to the last byte")]
    pub(crate) fn take_log(&self, terms: &Terms, bytes: usize) -> bool {
        self.log.take(in_a_minute(terms.log_bytes_per_minute), bytes as f64, Instant::now()).is_ok()
    }

    /// Charges fuel that was burnt.
    #[expect(clippy::cast_precision_loss, reason = "a quota need not be exact to the last unit of fuel")]
    pub(crate) fn charge(&self, burnt: u64) {
        self.fuel.charge(burnt as f64);
    }

    /// Takes what a login burnt into the average: an eighth of the new to seven of the old, so that one slow login changes little.
    pub(crate) fn note(&self, burnt: u64) {
        let average = |usual: u64| Some(usual - usual / 8 + burnt / 8);
        let _ = self.usual_fuel.fetch_update(Ordering::Relaxed, Ordering::Relaxed, average);
    }

    pub(crate) fn usual_fuel(&self) -> u64 {
        self.usual_fuel.load(Ordering::Relaxed)
    }

    /// What is learnt of a revision's trials, however often its door was made anew.
    pub(crate) fn trials(&self, revision: i64) -> Arc<Trials> {
        let mut held = lock(&self.trials);
        if held.revision() != revision {
            *held = Arc::new(Trials::new(revision));
        }
        Arc::clone(&held)
    }
}

/// As many as in a minute may come at once.
#[expect(clippy::cast_precision_loss, reason = "a quota need not be exact to the last unit of fuel, or the last byte")]
fn in_a_minute(count: u64) -> Flow {
    let most = count as f64;
    Flow { per_second: most / 60.0, most }
}

/// Twice as many as in a second may come at once.
fn in_a_second(count: u32) -> Flow {
    let per_second = f64::from(count);
    Flow { per_second, most: per_second * 2.0 }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
