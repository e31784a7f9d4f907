//! Answers that go on until the client leaves or the host ends: how many there are, and when they end.
//!
//! Not for: what they say.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use vestibule_domain::TenantName;

use crate::listen::{Shutdown, Trigger};
use crate::problem::{Problem, Result};

/// Streams at once. Each asks the store twice a second, and remembers half a megabyte at most.
const MOST: usize = 256;
/// Those of one tenant.
const MOST_OF_ONE_TENANT: usize = 32;

/// The streams that are open.
pub(crate) struct Streams {
    open: Arc<Mutex<HashMap<TenantName, usize>>>,
    closing: Trigger,
    closed: Shutdown,
}

/// An open stream; dropped, it makes room for another one.
pub(crate) struct Stream {
    open: Arc<Mutex<HashMap<TenantName, usize>>>,
    tenant: TenantName,
    closed: Shutdown,
}

impl Streams {
    pub(crate) fn new() -> Self {
        let (closing, closed) = Shutdown::new();
        Self { open: Arc::default(), closing, closed }
    }

    /// Opens a stream, if there is room for it.
    pub(crate) fn open(&self, tenant: &TenantName) -> Result<Stream> {
        let mut open = lock(&self.open);
        let all: usize = open.values().sum();
        let own = open.get(tenant).copied().unwrap_or_default();
        if all >= MOST || own >= MOST_OF_ONE_TENANT {
            let detail = "too many follow decisions already";
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", detail));
        }
        open.insert(tenant.clone(), own + 1);
        Ok(Stream { open: Arc::clone(&self.open), tenant: tenant.clone(), closed: self.closed.clone() })
    }

    /// Ends all of them, and those to come.
    pub(crate) fn close(&self) {
        self.closing.pull();
    }
}

impl Stream {
    /// Waits until it has to end.
    pub(crate) async fn closed(&mut self) {
        self.closed.wait().await;
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Entry::Occupied(mut own) = lock(&self.open).entry(self.tenant.clone()) {
            *own.get_mut() -= 1;
            if *own.get() == 0 {
                own.remove();
            }
        }
    }
}

fn lock(open: &Mutex<HashMap<TenantName, usize>>) -> MutexGuard<'_, HashMap<TenantName, usize>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: impl ToString) -> TenantName {
        TenantName::new(name.to_string()).unwrap()
    }

    #[test]
    fn a_tenant_has_its_share_and_the_host_an_end() {
        let streams = Streams::new();
        let mut open: Vec<_> = (0..MOST_OF_ONE_TENANT).map(|_| streams.open(&tenant("a")).unwrap()).collect();
        assert!(streams.open(&tenant("a")).is_err());
        open.extend((open.len()..MOST).map(|at| streams.open(&tenant(format!("t{at}"))).unwrap()));
        assert!(streams.open(&tenant("b")).is_err());
        open.pop();
        open.push(streams.open(&tenant("b")).unwrap());
        drop(open);
        assert!(lock(&streams.open).is_empty());
    }

    #[tokio::test]
    async fn all_end_with_the_host_and_those_that_come_later_at_once() {
        let streams = Streams::new();
        let mut first = streams.open(&tenant("a")).unwrap();
        streams.close();
        first.closed().await;
        streams.open(&tenant("a")).unwrap().closed().await;
    }
}
