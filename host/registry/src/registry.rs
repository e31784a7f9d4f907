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

use crate::Error;
use crate::executor::Load;
use crate::quotas::Quotas;
use crate::setbacks::Setbacks;
use crate::tenant_cache::TenantCache;

/// What the host itself can bear.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// The most that a call's memory may be, in bytes.
    pub call_memory_bytes: usize,
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
    pub(crate) cache: TenantCache,
    pub(crate) setbacks: Setbacks,
    pub(crate) ledger: Ledger,
    pub(crate) quotas: Quotas,
    pub(crate) load: Load,
    /// Where logins run whose policies compute for long.
    pub(crate) slow_executor: Option<Handle>,
}

impl Registry {
    /// A registry on an open store. Logins whose policies compute for long run on `slow_executor`, where there is one: its threads should
    /// have a lower priority.
    pub fn new(
        store: Store,
        loader: Loader,
        ledger: Ledger,
        in_file: BTreeMap<TenantName, TenantSettings>,
        bounds: Bounds,
        slow_executor: Option<Handle>,
    ) -> Self {
        let cache = TenantCache::new(ledger.budget().code_bytes);
        let (quotas, setbacks) = (Quotas::default(), Setbacks::default());
        let load = Load::new(ledger.budget().processors);
        Self(Arc::new(Parts { store, loader, in_file, bounds, cache, setbacks, ledger, quotas, load, slow_executor }))
    }

    /// Tenants in memory, and the bytes that their code takes, and that of logins under way.
    pub fn cached_tenants(&self) -> (usize, u64) {
        (self.0.cache.count(), self.0.ledger.code().usage().0)
    }

    /// What a compiling child lacks of the walls around it, each in words.
    ///
    /// # Errors
    /// [`Error::Policy`], if none can be started.
    pub async fn compilers_gaps(&self) -> Result<Vec<String>, Error> {
        Ok(self.0.loader.gaps().await?)
    }

    /// What the host has of everything, and how much of it is in use.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// The store below.
    pub fn store(&self) -> &Store {
        &self.0.store
    }
}
