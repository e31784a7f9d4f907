//! Answers that go on until the client leaves or the host ends: how many there are, and when they end.
//!
//! Not for: what they say.

use vestibule_domain::TenantName;
use vestibule_ledger::{Hold, Owner, Pool};

use crate::listen::{Shutdown, Trigger};
use crate::problem::Result;

/// The streams that are open.
pub(crate) struct Streams {
    open: Pool,
    closing: Trigger,
    closed: Shutdown,
}

/// An open stream; dropped, it makes room for another one.
pub(crate) struct Stream {
    _hold: Hold,
    closed: Shutdown,
}

impl Streams {
    /// None yet; this pool says how many there may be.
    pub(crate) fn new(open: Pool) -> Self {
        let (closing, closed) = Shutdown::new();
        Self { open, closing, closed }
    }

    /// Opens a stream, if there is room for it.
    pub(crate) fn open(&self, tenant: &TenantName) -> Result<Stream> {
        Ok(Stream { _hold: self.open.take(&Owner::from(tenant), 1)?, closed: self.closed.clone() })
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

#[cfg(test)]
mod tests {
    use vestibule_ledger::{Resource, Share};

    use super::*;

    fn tenant(name: impl ToString) -> TenantName {
        TenantName::new(name.to_string()).unwrap()
    }

    fn streams() -> Streams {
        Streams::new(Pool::new(Resource::Streams, 16, Share { most: 4 }))
    }

    #[test]
    fn a_tenant_has_its_share_and_the_host_an_end() {
        let streams = streams();
        let mut open: Vec<_> = (0..4).map(|_| streams.open(&tenant("a")).unwrap()).collect();
        assert!(streams.open(&tenant("a")).is_err());
        open.extend((open.len()..16).map(|at| streams.open(&tenant(format!("t{at}"))).unwrap()));
        assert!(streams.open(&tenant("b")).is_err());
        open.pop();
        open.push(streams.open(&tenant("b")).unwrap());
        drop(open);
        assert_eq!(streams.open.usage(), (0, 16));
    }

    #[tokio::test]
    async fn all_end_with_the_host_and_those_that_come_later_at_once() {
        let streams = streams();
        let mut first = streams.open(&tenant("a")).unwrap();
        streams.close();
        first.closed().await;
        streams.open(&tenant("a")).unwrap().closed().await;
    }
}
