//! The registry of a host: its store, its compiler, and what is ready in memory.
//!
//! Not for: any one task; each has a module of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::runtime::Handle;
use vestibule_compiler::Loader;
use vestibule_domain::TenantName;
use vestibule_gate::TenantSettings;
use vestibule_ledger::Ledger;
use vestibule_store::Store;

use crate::quotas::Quotas;
use crate::residents::Residents;
use crate::watch;

/// What the host itself can bear.
#[derive(Debug, Clone)]
pub struct Bounds {
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
    pub(crate) ledger: Ledger,
    pub(crate) quotas: Quotas,
    /// Where logins run whose policies compute for long.
    pub(crate) slow_lane: Option<Handle>,
}

impl Registry {
    /// A registry on an open store. Logins whose policies compute for long run on `slow_lane`, where there is one: its threads should
    /// have a lower priority.
    pub fn new(
        store: Store,
        loader: Loader,
        ledger: Ledger,
        in_file: BTreeMap<TenantName, TenantSettings>,
        bounds: Bounds,
        slow_lane: Option<Handle>,
    ) -> Self {
        let residents = Residents::new(bounds.policy_bytes);
        let (quotas, loader) = (Quotas::default(), Arc::new(loader));
        Self(Arc::new(Parts { store, loader, in_file, bounds, residents, ledger, quotas, slow_lane }))
    }

    /// Tenants in memory, and the bytes that they take.
    pub fn residents(&self) -> (usize, usize) {
        self.0.residents.size()
    }

    /// What the host has of everything, and how much of it is in use.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
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
