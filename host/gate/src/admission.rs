//! Whose turn it is where there are few places: every tenant has its share of them, and those that wait are served in turn, tenant by
//! tenant.
//!
//! Not for: how much a tenant may do over time, which is the registry's.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use vestibule_domain::TenantName;

/// Places that all tenants share. Clones share them.
#[derive(Clone)]
pub struct Admission(Arc<Mutex<Places>>);

struct Places {
    free: usize,
    tenants: HashMap<TenantName, Queue>,
    /// Tenants with somebody who waits and a place of their own left, each once.
    turns: VecDeque<TenantName>,
}

#[derive(Default)]
struct Queue {
    inside: usize,
    limit: usize,
    waiting: VecDeque<oneshot::Sender<()>>,
    has_a_turn: bool,
}

/// A tenant's share.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    /// How many may be inside.
    pub inside: usize,
    /// How many may wait; at least one may.
    pub waiting: usize,
}

/// A place; dropped, it is the next one's.
pub struct Place {
    admission: Admission,
    tenant: TenantName,
}

/// Too many of the tenant's wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl Admission {
    /// So many places.
    pub fn new(places: usize) -> Self {
        Self(Arc::new(Mutex::new(Places { free: places, tenants: HashMap::new(), turns: VecDeque::new() })))
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// [`Full`].
    pub async fn enter(&self, tenant: &TenantName, share: Share) -> Result<Place, Full> {
        let called = {
            let mut places = self.places();
            let queue = places.tenants.entry(tenant.clone()).or_default();
            queue.limit = share.inside;
            if queue.waiting.len() >= share.waiting.max(1) {
                return Err(Full);
            }
            let (call, called) = oneshot::channel();
            queue.waiting.push_back(call);
            places.queue_up(tenant);
            places.call();
            called
        };
        // Dropped before it is called, it leaves a closed channel behind, which is passed over.
        let place = Waiting { admission: self.clone(), tenant: tenant.clone(), called };
        place.await_call().await.ok_or(Full)
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits. Whoever goes away just when called gives the place back.
struct Waiting {
    admission: Admission,
    tenant: TenantName,
    called: oneshot::Receiver<()>,
}

impl Waiting {
    async fn await_call(mut self) -> Option<Place> {
        let called = (&mut self.called).await;
        // Nothing is left in the channel for `drop` to find.
        called.ok().map(|()| Place { admission: self.admission.clone(), tenant: self.tenant.clone() })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.called.close();
        if self.called.try_recv().is_ok() {
            self.admission.places().leave(&self.tenant);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.admission.places().leave(&self.tenant);
    }
}

impl Places {
    fn leave(&mut self, tenant: &TenantName) {
        self.free += 1;
        if let Some(queue) = self.tenants.get_mut(tenant) {
            queue.inside = queue.inside.saturating_sub(1);
            if queue.inside == 0 && queue.waiting.is_empty() {
                self.tenants.remove(tenant);
            }
        }
        self.queue_up(tenant);
        self.call();
    }

    /// Gives a tenant a turn, if it has somebody to send and a place for it.
    fn queue_up(&mut self, tenant: &TenantName) {
        if let Some(queue) = self.tenants.get_mut(tenant)
            && !queue.has_a_turn
            && queue.inside < queue.limit
            && !queue.waiting.is_empty()
        {
            queue.has_a_turn = true;
            self.turns.push_back(tenant.clone());
        }
    }

    /// Calls one of each tenant in turn, as long as there are places.
    fn call(&mut self) {
        while self.free > 0 {
            let Some(tenant) = self.turns.pop_front() else { return };
            let Some(queue) = self.tenants.get_mut(&tenant) else { continue };
            queue.has_a_turn = false;
            while let Some(call) = queue.waiting.pop_front() {
                if call.send(()).is_ok() {
                    queue.inside += 1;
                    self.free -= 1;
                    break;
                }
            }
            if queue.inside == 0 && queue.waiting.is_empty() {
                self.tenants.remove(&tenant);
            }
            self.queue_up(&tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const SHARE: Share = Share { inside: 2, waiting: 4 };

    fn tenant(name: &str) -> TenantName {
        TenantName::new(name).unwrap()
    }

    async fn at_once(admission: &Admission, name: &str) -> Option<Result<Place, Full>> {
        timeout(Duration::ZERO, admission.enter(&tenant(name), SHARE)).await.ok()
    }

    #[tokio::test]
    async fn a_tenant_has_its_share_and_no_more() {
        let admission = Admission::new(8);
        let inside = [at_once(&admission, "a").await.unwrap().ok(), at_once(&admission, "a").await.unwrap().ok()];
        assert!(inside.iter().all(Option::is_some));
        assert!(at_once(&admission, "a").await.is_none(), "a third one has to wait");
        assert!(at_once(&admission, "b").await.unwrap().is_ok(), "others need not");
        drop(inside);
        assert!(at_once(&admission, "a").await.unwrap().is_ok());
        assert!(admission.places().tenants.is_empty() && admission.places().free == 8);
    }

    #[tokio::test]
    async fn whoever_waits_is_served_tenant_by_tenant() {
        let admission = Admission::new(1);
        let first = admission.enter(&tenant("a"), SHARE).await.unwrap();
        let (told, mut order) = tokio::sync::mpsc::unbounded_channel();
        for name in ["a", "a", "a", "b", "c"] {
            let (admission, told) = (admission.clone(), told.clone());
            tokio::spawn(async move {
                let place = admission.enter(&tenant(name), SHARE).await.unwrap();
                told.send(name).unwrap();
                drop(place);
            });
            tokio::task::yield_now().await;
        }
        drop((first, told));
        let mut served = Vec::new();
        while let Some(name) = order.recv().await {
            served.push(name);
        }
        assert_eq!(served, ["a", "b", "c", "a", "a"]);
    }

    #[tokio::test]
    async fn too_many_that_wait_are_refused_and_those_that_leave_are_forgotten() {
        let admission = Admission::new(1);
        let first = admission.enter(&tenant("a"), SHARE).await.unwrap();
        let waiting: Vec<_> = (0..4)
            .map(|_| {
                let admission = admission.clone();
                tokio::spawn(async move { admission.enter(&tenant("a"), SHARE).await })
            })
            .collect();
        tokio::task::yield_now().await;
        assert_eq!(at_once(&admission, "a").await.unwrap().err(), Some(Full));
        for task in waiting {
            task.abort();
            let _ = task.await;
        }
        drop(first);
        assert!(admission.places().tenants.is_empty() && admission.places().free == 1);
    }
}
