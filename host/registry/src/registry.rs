//! The registry of a host: its store, its compiler, and what is ready in memory.
//!
//! Not for: any one task; each has a module of its own.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use vestibule_compiler::Loader;
use vestibule_domain::TenantName;
use vestibule_gate::{Answer, Attempt, TenantSettings};
use vestibule_store::Store;

use crate::admission::Admission;
use crate::door::{Busy, Meters};
use crate::residents::Residents;
use crate::{Error, Terms, watch};

/// Compilations at once: uploads must not take both processors from logins.
const COMPILATIONS: usize = 1;

/// What the host itself can bear.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Logins that are decided on at once, of all tenants.
    pub concurrent_logins: usize,
    /// Compiled policies kept in memory, in bytes of their code. Tenants that had no login for longest make room.
    pub policy_bytes: usize,
    /// The most that a call's memory may be, in bytes.
    pub call_memory_bytes: usize,
}

/// Why a login was not begun.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// No such tenant.
    #[error("there is no tenant `{0}`")]
    NoTenant(TenantName),
    /// Too much at once.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The tenant could not be made ready, which may succeed the next time.
    #[error(transparent)]
    Unavailable(Error),
}

/// The meters of every tenant that had a login.
#[derive(Default)]
pub(crate) struct AllMeters(Mutex<HashMap<TenantName, Arc<Meters>>>);

impl AllMeters {
    fn of(&self, tenant: &TenantName, terms: &Terms) -> Arc<Meters> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(meters) = all.get(tenant) {
            return Arc::clone(meters);
        }
        let meters = Arc::new(Meters::full(terms, Instant::now()));
        all.insert(tenant.clone(), Arc::clone(&meters));
        meters
    }

    /// Of a tenant that is no more.
    pub(crate) fn forget(&self, tenant: &TenantName) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(tenant);
    }
}

/// A host's registry. Clones share it.
#[derive(Clone)]
pub struct Registry(pub(crate) Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) loader: Loader,
    /// Tenants whose settings stand in the configuration file.
    pub(crate) in_file: BTreeMap<TenantName, TenantSettings>,
    pub(crate) bounds: Bounds,
    pub(crate) residents: Residents,
    pub(crate) admission: Admission,
    pub(crate) meters: AllMeters,
    pub(crate) compiling: Semaphore,
    /// Where logins run whose policies compute for long.
    pub(crate) slow_lane: Option<Handle>,
}

impl Registry {
    /// A registry on an open store. Logins whose policies compute for long run on `slow_lane`, where there is one: its threads should
    /// have a lower priority.
    pub fn new(
        store: Store,
        loader: Loader,
        in_file: BTreeMap<TenantName, TenantSettings>,
        bounds: Bounds,
        slow_lane: Option<Handle>,
    ) -> Self {
        let residents = Residents::new(bounds.policy_bytes);
        let admission = Admission::new(bounds.concurrent_logins);
        let (compiling, meters) = (Semaphore::new(COMPILATIONS), AllMeters::default());
        Self(Arc::new(Parts { store, loader, in_file, bounds, residents, admission, meters, compiling, slow_lane }))
    }

    /// Decides on an attempt to come in through a tenant's door.
    ///
    /// # Errors
    /// [`LoginError`], where it was not even begun: nothing of it is on record, and nobody may be let in.
    pub async fn decide(&self, tenant: &TenantName, attempt: &Attempt, now: SystemTime) -> Result<Answer, LoginError> {
        let Parts { residents, meters, admission, slow_lane, .. } = &*self.0;
        let door = residents.get(tenant, self.0.make_door(tenant)).await.map_err(|error| match error {
            Error::NoTenant(tenant) => LoginError::NoTenant(tenant),
            error => LoginError::Unavailable(error),
        })?;
        let meters = meters.of(tenant, door.terms());
        let answer = door.decide(attempt, now, &meters, admission, slow_lane.as_ref()).await?;
        if let Some(policy) = door.to_be_rolled_back(&answer) {
            self.roll_back_by_itself(tenant, door.revision(), &policy, now).await;
        }
        Ok(answer)
    }

    /// Tenants in memory, and the bytes that they take.
    pub fn residents(&self) -> (usize, usize) {
        self.0.residents.size()
    }

    /// The store below.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Forgets what is in memory of tenants that another process changes, until the registry is dropped.
    pub async fn watch(&self) {
        watch::run(Arc::downgrade(&self.0)).await;
    }
}
