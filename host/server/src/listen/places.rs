//! Places for connections: so many on each listener, and of these so many for one address.
//!
//! Not for: logins, whose places are the tenants'.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Limits;

/// What an owner of IPv6 addresses has at least (RFC 6177): the first 64 bits are one owner's.
const ONE_OWNER: u128 = !0 << 64;

/// The places of one listener.
pub(super) struct Places {
    free: Arc<Semaphore>,
    all: u32,
    of_one_peer: u32,
    peers: Mutex<HashMap<IpAddr, u32>>,
}

/// A place; dropped, it is the next one's.
pub(super) struct Place {
    places: Arc<Places>,
    peer: Option<IpAddr>,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn new(limits: &Limits) -> Arc<Self> {
        let Limits { connections, of_one_peer, .. } = *limits;
        let free = Arc::new(Semaphore::new(connections as usize));
        Arc::new(Self { free, all: connections, of_one_peer, peers: Mutex::default() })
    }

    /// Waits for a place. None if there will be none.
    pub(super) async fn wait(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.free).acquire_owned().await.ok()
    }

    /// Gives the place to a peer, unless it has its share already. Whoever is on this machine has no address and no share.
    pub(super) fn give(self: &Arc<Self>, permit: OwnedSemaphorePermit, address: Option<IpAddr>) -> Option<Place> {
        let peer = address.map(owner);
        if let Some(peer) = peer {
            let mut peers = self.peers();
            let open = peers.entry(peer).or_default();
            if *open >= self.of_one_peer {
                return None;
            }
            *open += 1;
        }
        Some(Place { places: Arc::clone(self), peer, _permit: permit })
    }

    /// Waits until all places are free.
    pub(super) async fn wait_for_all(&self) {
        let _ = self.free.acquire_many(self.all).await;
    }

    fn peers(&self) -> MutexGuard<'_, HashMap<IpAddr, u32>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(peer) = self.peer else { return };
        if let Entry::Occupied(mut open) = self.places.peers().entry(peer) {
            *open.get_mut() -= 1;
            if *open.get() == 0 {
                open.remove();
            }
        }
    }
}

/// Whose address it is: one owner has many of IPv6.
fn owner(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & ONE_OWNER).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn take(places: &Arc<Places>, address: &str) -> Option<Place> {
        let permit = places.wait().await.unwrap();
        places.give(permit, Some(address.parse().unwrap()))
    }

    #[tokio::test]
    async fn one_address_has_its_share_and_gets_it_back() {
        let places = Places::new(&Limits { connections: 8, of_one_peer: 2, ..Limits::default() });
        let first = take(&places, "192.0.2.1").await.unwrap();
        let _second = take(&places, "::ffff:192.0.2.1").await.unwrap();
        assert!(take(&places, "192.0.2.1").await.is_none());
        let _other = take(&places, "192.0.2.2").await.unwrap();
        drop(first);
        let _again = take(&places, "192.0.2.1").await.unwrap();
        assert_eq!(places.free.available_permits(), 5);
    }

    #[tokio::test]
    async fn neighbours_of_ipv6_are_one() {
        let places = Places::new(&Limits { of_one_peer: 1, ..Limits::default() });
        let first = take(&places, "2001:db8::1").await.unwrap();
        assert!(take(&places, "2001:db8::ffff:0:0:2").await.is_none());
        let other = take(&places, "2001:db8:0:1::1").await.unwrap();
        drop((first, other));
        assert!(places.peers().is_empty());
    }
}
