//! Places for connections: the ledger's, of which each address has its share, and each user of this machine one of those beside them.
//!
//! Not for: logins, whose places are the tenants'.

use std::sync::Arc;

use tokio::sync::Notify;
use vestibule_ledger::{Hold, Ledger, Owner, Pool, Refused};

/// Where connections get their places from. Clones share them.
#[derive(Clone)]
pub struct ConnectionLimit {
    network: Pool,
    local: Pool,
    /// Tells those that wait that a place was given back, whichever listener it was of.
    freed: Arc<Notify>,
}

/// A place; dropped, it is the next one's.
pub(super) struct Place {
    hold: Hold,
    freed: Arc<Notify>,
}

impl ConnectionLimit {
    /// Those of a host: addresses share one pool, and users of this machine have another one, so that no number of addresses shuts
    /// them out.
    pub fn of(ledger: &Ledger) -> Self {
        Self::new(ledger.connections().clone(), ledger.local_connections().clone())
    }

    /// From these two.
    pub fn new(network: Pool, local: Pool) -> Self {
        Self { network, local, freed: Arc::default() }
    }

    /// Those of a listener beside the others, such as that of the metrics: whoever fills the others shuts nobody out of it.
    #[must_use]
    pub fn aside(&self) -> Self {
        Self { network: self.local.clone(), ..self.clone() }
    }

    /// A place for a connection of this owner; waits for one, if all are taken. None for whoever has a share already: others come through
    /// the same listener, and must not wait for one.
    pub(super) async fn give(&self, owner: &Owner) -> Option<Place> {
        loop {
            // Whatever is given back from here on is heard of.
            let freed = self.freed.notified();
            match self.take(owner) {
                Ok(place) => return Some(place),
                Err(Refused { held: 1.., .. }) => return None,
                Err(_) => freed.await,
            }
        }
    }

    fn take(&self, owner: &Owner) -> Result<Place, Refused> {
        let pool = if matches!(owner, Owner::User(_)) { &self.local } else { &self.network };
        Ok(Place { hold: pool.take(owner, 1)?, freed: Arc::clone(&self.freed) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.hold.shrink(u64::MAX);
        self.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;
    use vestibule_ledger::{Resource, Share};

    use super::*;

    fn places(connections: u64, of_one_peer: u64) -> ConnectionLimit {
        let pool = |resource, most| Pool::new(resource, connections, Share { most });
        ConnectionLimit::new(pool(Resource::Connections, of_one_peer), pool(Resource::LocalConnections, connections))
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
        assert_eq!(places.network.usage(), (3, 8));
    }

    #[tokio::test]
    async fn whoever_finds_all_taken_waits() {
        let places = places(2, 2);
        let first = places.give(&peer("192.0.2.1")).await.unwrap();
        let _second = places.give(&peer("192.0.2.2")).await.unwrap();
        let next = tokio::spawn({
            let places = places.clone();
            async move { places.give(&peer("192.0.2.3")).await.is_some() }
        });
        tokio::task::yield_now().await;
        assert!(!next.is_finished());
        let _local = places.give(&Owner::User(1)).await.unwrap();
        drop(first);
        assert!(next.await.unwrap());
    }

    #[tokio::test]
    async fn one_user_of_this_machine_leaves_places_for_the_others() {
        let places = places(8, 2);
        let mut silent = Vec::new();
        while let Some(place) = timeout(Duration::ZERO, places.give(&Owner::User(1))).await.unwrap() {
            silent.push(place);
        }
        assert_eq!(silent.len(), 4);
        for other in 2..=4 {
            assert!(places.give(&Owner::User(other)).await.is_some());
        }
        silent.pop();
        assert!(places.give(&Owner::User(1)).await.is_some());
    }

    #[tokio::test]
    async fn a_place_that_one_listener_gives_back_is_the_next_ones_of_another() {
        let places = places(1, 1);
        let place = places.give(&Owner::User(1)).await.unwrap();
        let next = tokio::spawn({
            let aside = places.aside();
            async move { aside.give(&peer("192.0.2.1")).await.is_some() }
        });
        tokio::task::yield_now().await;
        assert!(!next.is_finished());
        drop(place);
        assert!(next.await.unwrap());
    }
}
