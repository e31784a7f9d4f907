//! Which tenants are ready in memory: made when a login needs them, once for all that wait, and forgotten when there is no room.
//!
//! Not for: making them; see [`crate::load`]. Their code is counted in the ledger, until the last login that runs it is over: to forget a
//! tenant gives back only what no login uses any more.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::OnceCell;
use vestibule_domain::TenantName;

use crate::tenant_runtime::TenantRuntime;

/// What one tenant's runtime takes besides code, in bytes: settings, counters, clients of directories. An estimate on the safe side.
const RUNTIME_BYTES: u64 = 32 << 10;

/// The runtimes in memory.
pub(crate) struct TenantCache {
    entries: Mutex<Entries>,
    most: usize,
}

#[derive(Default)]
struct Entries {
    tenants: HashMap<TenantName, CachedTenant>,
    clock: u64,
}

struct CachedTenant {
    cell: Arc<OnceCell<Arc<TenantRuntime>>>,
    used: u64,
}

impl TenantCache {
    /// As many as would take so many bytes without their code.
    pub(crate) fn new(most_bytes: u64) -> Self {
        let most = usize::try_from(most_bytes / RUNTIME_BYTES).unwrap_or(usize::MAX).max(1);
        Self { entries: Mutex::default(), most }
    }

    /// The tenant's runtime; `make` makes it if it is not there, once for all that ask meanwhile. What could not be made is not kept.
    pub(crate) async fn get<E, F: Future<Output = Result<TenantRuntime, E>>>(
        &self,
        tenant: &TenantName,
        make: impl FnOnce() -> F,
    ) -> Result<Arc<TenantRuntime>, E> {
        let cell = self.cell(tenant);
        if let Some(runtime) = cell.get() {
            return Ok(Arc::clone(runtime));
        }
        // Made once, and large: in a box, logins that find their runtime do not carry it along.
        let runtime = Box::pin(cell.get_or_try_init(async || make().await.map(Arc::new))).await.cloned();
        if runtime.is_err() {
            self.entries.lock().abandon(tenant, &cell);
        }
        runtime
    }

    /// Forgets the tenant that had no login for longest, but not this one; false if there is no other.
    pub(crate) fn make_room(&self, tenant: &TenantName) -> bool {
        self.entries.lock().forget_oldest(tenant)
    }

    /// The tenant's runtime, if it is made.
    pub(crate) fn ready(&self, tenant: &TenantName) -> Option<Arc<TenantRuntime>> {
        let mut inside = self.entries.lock();
        inside.clock += 1;
        let used = inside.clock;
        let resident = inside.tenants.get_mut(tenant)?;
        resident.used = used;
        resident.cell.get().cloned()
    }

    /// Makes the tenant's runtime anew when it is needed next. Logins that are under way end as they began.
    pub(crate) fn forget(&self, tenant: &TenantName) {
        self.entries.lock().tenants.remove(tenant);
    }

    pub(crate) fn forget_all(&self) {
        *self.entries.lock() = Entries::default();
    }

    /// Tenants in memory.
    pub(crate) fn count(&self) -> usize {
        self.entries.lock().tenants.len()
    }

    fn cell(&self, tenant: &TenantName) -> Arc<OnceCell<Arc<TenantRuntime>>> {
        let mut inside = self.entries.lock();
        inside.clock += 1;
        let used = inside.clock;
        if let Some(resident) = inside.tenants.get_mut(tenant) {
            resident.used = used;
            return Arc::clone(&resident.cell);
        }
        let cell = Arc::new(OnceCell::new());
        while inside.tenants.len() >= self.most && inside.forget_oldest(tenant) {}
        inside.tenants.insert(tenant.clone(), CachedTenant { cell: Arc::clone(&cell), used });
        cell
    }
}

impl Entries {
    /// Those that are being made are not yet old.
    fn forget_oldest(&mut self, but: &TenantName) -> bool {
        let others = self.tenants.iter().filter(|(name, resident)| *name != but && resident.cell.initialized());
        let oldest = others.min_by_key(|(_, resident)| resident.used).map(|(name, _)| name.clone());
        oldest.is_some_and(|oldest| self.tenants.remove(&oldest).is_some())
    }

    fn abandon(&mut self, tenant: &TenantName, cell: &Arc<OnceCell<Arc<TenantRuntime>>>) {
        if self.tenants.get(tenant).is_some_and(|resident| Arc::ptr_eq(&resident.cell, cell)) {
            self.tenants.remove(tenant);
        }
    }
}
