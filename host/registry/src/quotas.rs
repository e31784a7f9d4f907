//! What is known of a tenant beyond its runtime, which is made anew at every change: what it has taken, what its logins cost lately, and
//! what was learnt of versions on trial lately.
//!
//! Not for: lasting records; another process counts by itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use vestibule_api::Terms;
use vestibule_domain::TenantName;
use vestibule_ledger::{Rate, TokenBucket};

use crate::busy::Busy;
use crate::executor::Usual;
use crate::trial::Trials;

/// How long terms count for requests without another look, which would cost as much as most requests do.
const TRUSTED: Duration = Duration::from_secs(1);
/// One tenant's quota.
pub(crate) struct TenantQuota {
    logins: TokenBucket,
    fuel: TokenBucket,
    log: TokenBucket,
    requests: TokenBucket,
    /// How many requests the terms allow in a second, and when they were read.
    requests_per_second: Mutex<(u32, Instant)>,
    /// What its logins cost lately.
    pub(crate) usual: Usual,
    trials: Mutex<Arc<Trials>>,
}

/// The quotas of every tenant that had a login or made a request.
#[derive(Default)]
pub(crate) struct Quotas(Mutex<HashMap<TenantName, Arc<TenantQuota>>>);

impl Quotas {
    /// A tenant's quota; a new one is full of what these terms allow.
    pub(crate) fn of(&self, tenant: &TenantName, terms: &Terms) -> Arc<TenantQuota> {
        let mut all = self.0.lock();
        if let Some(quota) = all.get(tenant) {
            return Arc::clone(quota);
        }
        let quota = Arc::new(TenantQuota::new(terms));
        all.insert(tenant.clone(), Arc::clone(&quota));
        quota
    }

    /// A tenant's quota, if its terms were read just now.
    pub(crate) fn fresh(&self, tenant: &TenantName) -> Option<Arc<TenantQuota>> {
        let quota = self.0.lock().get(tenant).cloned()?;
        let read = quota.requests_per_second.lock().1;
        Some(quota).filter(|_| read.elapsed() < TRUSTED)
    }

    /// A tenant's quota, where these are the terms by now.
    pub(crate) fn renewed(&self, tenant: &TenantName, terms: &Terms) -> Arc<TenantQuota> {
        let quota = self.of(tenant, terms);
        *quota.requests_per_second.lock() = (terms.requests_per_second, Instant::now());
        quota
    }

    /// What was learnt here of the trials of a tenant's revision, if that is the one it was learnt of last.
    pub(crate) fn trials(&self, tenant: &TenantName, revision: i64) -> Option<Arc<Trials>> {
        let quota = self.0.lock().get(tenant).cloned()?;
        let trials = Arc::clone(&quota.trials.lock());
        (trials.revision() == revision).then_some(trials)
    }

    /// Tenants with trials of which something was learnt that the store does not have.
    pub(crate) fn with_news(&self) -> Vec<(TenantName, Arc<Trials>)> {
        let all = self.0.lock();
        let trials = all.iter().map(|(tenant, quota)| (tenant.clone(), Arc::clone(&quota.trials.lock())));
        trials.filter(|(_, trials)| trials.has_news()).collect()
    }

    /// Of a tenant that is no more.
    pub(crate) fn forget(&self, tenant: &TenantName) {
        self.0.lock().remove(tenant);
    }
}

impl TenantQuota {
    fn new(terms: &Terms) -> Self {
        let now = Instant::now();
        Self {
            logins: TokenBucket::full(in_a_second(terms.logins_per_second), now),
            fuel: TokenBucket::full(in_a_minute(terms.fuel_per_minute), now),
            log: TokenBucket::full(in_a_minute(terms.log_bytes_per_minute), now),
            requests: TokenBucket::full(in_a_second(terms.requests_per_second), now),
            requests_per_second: Mutex::new((terms.requests_per_second, now)),
            usual: Usual::default(),
            trials: Mutex::new(Arc::new(Trials::new(0))),
        }
    }

    /// Takes one login, if these terms allow it now.
    pub(crate) fn take_login(&self, terms: &Terms) -> Result<(), Busy> {
        let now = Instant::now();
        self.fuel.ensure_any(in_a_minute(terms.fuel_per_minute), now).map_err(Busy::Fuel)?;
        self.logins.take(in_a_second(terms.logins_per_second), 1.0, now).map_err(Busy::Logins)
    }

    /// Makes sure that what was charged as logins is paid for.
    pub(crate) fn ensure_paid(&self, terms: &Terms) -> Result<(), Busy> {
        self.logins.ensure_any(in_a_second(terms.logins_per_second), Instant::now()).map_err(Busy::Logins)
    }

    /// Charges what came with a login as so many more.
    #[expect(clippy::cast_precision_loss, reason = "nobody brings so much at once")]
    pub(crate) fn charge_logins(&self, logins: u64) {
        self.logins.charge(logins as f64);
    }

    /// Takes one request that is no login, or says how long it takes until the terms allow one.
    pub(crate) fn take_request(&self) -> Result<(), Duration> {
        let (per_second, _) = *self.requests_per_second.lock();
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

    /// What is learnt of a revision's trials, however often its runtime was made anew.
    pub(crate) fn trials(&self, revision: i64) -> Arc<Trials> {
        let mut held = self.trials.lock();
        if held.revision() != revision {
            *held = Arc::new(Trials::new(revision));
        }
        Arc::clone(&held)
    }
}

/// As many as in a minute may come at once.
#[expect(clippy::cast_precision_loss, reason = "a quota need not be exact to the last unit of fuel, or the last byte")]
fn in_a_minute(count: u64) -> Rate {
    let most = count as f64;
    Rate { per_second: most / 60.0, burst: most }
}

/// Twice as many as in a second may come at once.
fn in_a_second(count: u32) -> Rate {
    let per_second = f64::from(count);
    Rate { per_second, burst: per_second * 2.0 }
}
