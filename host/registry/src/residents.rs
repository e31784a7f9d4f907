//! Which tenants are ready in memory: made when a login needs them, once for all that wait, and forgotten when there is no room.
//!
//! Not for: making them; see [`crate::load`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;
use vestibule_domain::TenantName;
use vestibule_sandbox::Compiled;

use crate::door::Door;

/// What one tenant's door takes besides code, in bytes: settings, counters, clients of directories. An estimate on the safe side.
const DOOR_BYTES: usize = 32 << 10;

/// The doors in memory.
pub(crate) struct Residents {
    inside: Mutex<Inside>,
    most_bytes: usize,
}

#[derive(Default)]
struct Inside {
    tenants: HashMap<TenantName, Resident>,
    /// What is shared by tenants that run the same policy: its code, and how many of them do.
    code: HashMap<String, (Compiled, usize)>,
    bytes: usize,
    clock: u64,
}

struct Resident {
    cell: Arc<OnceCell<Arc<Door>>>,
    /// The digests whose code it holds, once it is made.
    holds: Vec<String>,
    used: u64,
}

impl Residents {
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self { inside: Mutex::default(), most_bytes }
    }

    /// The tenant's door; `make` makes it if it is not there, once for all that ask meanwhile. What could not be made is not kept.
    pub(crate) async fn get<E, F: Future<Output = Result<Door, E>>>(
        &self,
        tenant: &TenantName,
        make: impl FnOnce() -> F,
    ) -> Result<Arc<Door>, E> {
        let cell = self.cell(tenant);
        if let Some(door) = cell.get() {
            return Ok(Arc::clone(door));
        }
        // Made once, and large: in a box, logins that find their door do not carry it along.
        let door = Box::pin(cell.get_or_try_init(async || make().await.map(Arc::new))).await.cloned();
        match &door {
            Ok(door) => self.inside().settle(tenant, &cell, door, self.most_bytes),
            Err(_) => self.inside().abandon(tenant, &cell),
        }
        door
    }

    /// Code that some tenant runs already.
    pub(crate) fn code(&self, digest: &str) -> Option<Compiled> {
        self.inside().code.get(digest).map(|(code, _)| code.clone())
    }

    /// Makes the tenant's door anew when it is needed next. Logins that are under way end as they began.
    pub(crate) fn forget(&self, tenant: &TenantName) {
        self.inside().remove(tenant);
    }

    pub(crate) fn forget_all(&self) {
        *self.inside() = Inside::default();
    }

    /// Tenants in memory, and bytes of code and doors.
    pub(crate) fn size(&self) -> (usize, usize) {
        let inside = self.inside();
        (inside.tenants.len(), inside.bytes)
    }

    fn cell(&self, tenant: &TenantName) -> Arc<OnceCell<Arc<Door>>> {
        let mut inside = self.inside();
        inside.clock += 1;
        let used = inside.clock;
        if let Some(resident) = inside.tenants.get_mut(tenant) {
            resident.used = used;
            return Arc::clone(&resident.cell);
        }
        let cell = Arc::new(OnceCell::new());
        let resident = Resident { cell: Arc::clone(&cell), holds: Vec::new(), used };
        inside.tenants.insert(tenant.clone(), resident);
        inside.bytes += DOOR_BYTES;
        cell
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Counts what a new door holds, and makes room for it.
    fn settle(&mut self, tenant: &TenantName, cell: &Arc<OnceCell<Arc<Door>>>, door: &Door, most_bytes: usize) {
        let Some(resident) = self.tenants.get_mut(tenant) else { return };
        if !Arc::ptr_eq(&resident.cell, cell) || !resident.holds.is_empty() {
            return;
        }
        for code in &door.code {
            let digest = code.digest();
            resident.holds.push(digest.clone());
            let (_, holders) = self.code.entry(digest).or_insert_with(|| {
                self.bytes += code.code_bytes();
                (code.clone(), 0)
            });
            *holders += 1;
        }
        while self.bytes > most_bytes && self.tenants.len() > 1 {
            let others = self.tenants.iter().filter(|(name, _)| *name != tenant);
            let Some(oldest) = others.min_by_key(|(_, resident)| resident.used).map(|(name, _)| name.clone()) else {
                return;
            };
            self.remove(&oldest);
        }
    }

    fn abandon(&mut self, tenant: &TenantName, cell: &Arc<OnceCell<Arc<Door>>>) {
        if self.tenants.get(tenant).is_some_and(|resident| Arc::ptr_eq(&resident.cell, cell)) {
            self.remove(tenant);
        }
    }

    fn remove(&mut self, tenant: &TenantName) {
        let Some(resident) = self.tenants.remove(tenant) else { return };
        self.bytes = self.bytes.saturating_sub(DOOR_BYTES);
        for digest in resident.holds {
            let Some((code, holders)) = self.code.get_mut(&digest) else { continue };
            *holders -= 1;
            if *holders == 0 {
                self.bytes = self.bytes.saturating_sub(code.code_bytes());
                self.code.remove(&digest);
            }
        }
    }
}
