//! Places for connections: the ledger's, of which each address has its share, and those of this machine some of their own.
//!
//! Not for: logins, whose places are the tenants'.

use std::sync::Arc;

use tokio::sync::Notify;
use vestibule_ledger::{Hold, Ledger, Owner, Pool, Refused};

/// Where connections get their places from. Clones share them.
#[derive(Clone)]
pub struct Places(Arc<Inner>);

struct Inner {
    network: Pool,
    local: Pool,
    /// Tells those that wait that a place was given back.
    freed: Notify,
}

/// A place; dropped, it is the next one's.
pub(super) struct Place {
    places: Places,
    hold: Hold,
}

impl Places {
    /// Those of a host: addresses share one pool, and sockets of this machine have another one, so that no number of addresses shuts
    /// the machine's own clients out.
    pub fn of(ledger: &Ledger) -> Self {
        Self::new(ledger.connections().clone(), ledger.local_connections().clone())
    }

    /// Those of a listener beside the others, such as that of the metrics: whoever fills the others shuts nobody out of it.
    pub fn aside(ledger: &Ledger) -> Self {
        Self::new(ledger.local_connections().clone(), ledger.local_connections().clone())
    }

    /// From these two.
    pub fn new(network: Pool, local: Pool) -> Self {
        Self(Arc::new(Inner { network, local, freed: Notify::new() }))
    }

    /// A place for a connection of this owner; waits for one, if all are taken. None for an address that has its share already.
    pub(super) async fn give(&self, owner: &Owner) -> Option<Place> {
        loop {
            // Whatever is given back from here on is heard of.
            let freed = self.0.freed.notified();
            match self.take(owner) {
                Ok(place) => return Some(place),
                Err(Refused { held: 1.., owner: Owner::Peer(_), .. }) => return None,
                Err(_) => freed.await,
            }
        }
    }

    fn take(&self, owner: &Owner) -> Result<Place, Refused> {
        let pool = if *owner == Owner::Local { &self.0.local } else { &self.0.network };
        Ok(Place { hold: pool.take(owner, 1)?, places: self.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.hold.shrink(u64::MAX);
        self.places.0.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;
    use vestibule_ledger::{Resource, Share};

    use super::*;

    fn places(connections: u64, of_one_peer: u64) -> Places {
        let pool = |resource, most| Pool::new(resource, connections, Share { most });
        Places::new(pool(Resource::Connections, of_one_peer), pool(Resource::LocalConnections, connections))
    }

    fn peer(address: &str) -> Owner {
        Owner::peer(address.parse().unwrap())
    }

    #[tokio::test]
    async fn one_address_has_its_share_and_gets_it_back() {
        let places = places(8, 2);
        let first = places.give(&peer("192.0.2.1")).await.unwrap();
        let _second = places.give(&peer("::ffff:192.0.2.1")).await.unwrap();
        assert!(places.give(&peer("192.0.2.1")).await.is_none());
        let _other = places.give(&peer("192.0.2.2")).await.unwrap();
        drop(first);
        let _again = places.give(&peer("192.0.2.1")).await.unwrap();
        assert_eq!(places.0.network.usage(), (3, 8));
    }

    #[tokio::test]
    async fn whoever_finds_all_taken_waits_and_this_machine_has_places_of_its_own() {
        let places = places(2, 2);
        let first = places.give(&peer("192.0.2.1")).await.unwrap();
        let _second = places.give(&peer("192.0.2.2")).await.unwrap();
        let next = tokio::spawn({
            let places = places.clone();
            async move { places.give(&peer("192.0.2.3")).await.is_some() }
        });
        tokio::task::yield_now().await;
        assert!(!next.is_finished());
        let local = places.give(&Owner::Local).await.unwrap();
        assert!(timeout(Duration::ZERO, places.give(&Owner::Local)).await.is_err(), "it waits and is not sent away");
        drop((first, local));
        assert!(next.await.unwrap());
        assert!(places.give(&Owner::Local).await.is_some());
    }
}
