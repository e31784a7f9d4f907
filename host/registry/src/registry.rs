//! The registry of a host: its store, its compiler, and what is ready in memory.
//!
//! Not for: any one task; each has a module of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use vestibule_compiler::Loader;
use vestibule_domain::TenantName;
use vestibule_gate::TenantSettings;
use vestibule_gate::admission::Admission;
use vestibule_store::Store;

use crate::ledger::Ledger;
use crate::residents::Residents;
use crate::watch;

/// Compilations at once: uploads must not take both processors from logins.
const COMPILATIONS: usize = 1;
/// Versions on trial that run at once, of all tenants: [`Bounds::concurrent_logins`] does not count them.
pub const SHADOWS: usize = 16;

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

/// A host's registry. Clones share it.
#[derive(Clone)]
pub struct Registry(pub(crate) Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) loader: Arc<Loader>,
    /// Tenants whose settings stand in the configuration file.
    pub(crate) in_file: BTreeMap<TenantName, TenantSettings>,
    pub(crate) bounds: Bounds,
    pub(crate) residents: Residents,
    pub(crate) admission: Admission,
    pub(crate) ledger: Ledger,
    /// The compiler, whose turns go tenant by tenant.
    pub(crate) compiling: Admission,
    /// Places for versions on trial, of all tenants.
    pub(crate) shadows: Arc<Semaphore>,
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
        let (compiling, shadows) = (Admission::new(COMPILATIONS), Arc::new(Semaphore::new(SHADOWS)));
        let (ledger, loader) = (Ledger::default(), Arc::new(loader));
        Self(Arc::new(Parts {
            store,
            loader,
            in_file,
            bounds,
            residents,
            admission,
            ledger,
            compiling,
            shadows,
            slow_lane,
        }))
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
