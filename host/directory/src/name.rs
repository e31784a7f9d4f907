//! Where servers are: names looked up by the system, one at a time for each server, and few at a time for each tenant.
//!
//! Not for: connecting, nor for how long anybody waits; whoever waits brings a deadline.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::sync::Mutex;
use tokio::time::Instant;
use vestibule_domain::text::log_text;
use vestibule_ledger::{Owner, Resource, Room, Turns, Waiting};

/// How long what was found holds: as long as it takes for logins that come at once to share one look-up.
const FRESH: Duration = Duration::from_secs(1);
/// The most addresses of one name that are tried.
const MAX_ADDRESSES: usize = 8;

/// Threads of the system's resolver that one process has at once. A look-up that stalls holds one until the resolver gives up.
const LOOKUPS: u64 = 16;
/// Those of one tenant, and its names that wait.
const SHARE: Waiting = Waiting { inside: 2, waiting: 64 };

/// The threads of this process.
static THREADS: LazyLock<Turns> = LazyLock::new(|| Turns::new(Resource::NameLookups, LOOKUPS, Room::Left));

/// What a name stands for, or why that is not known.
type Found = Result<Vec<SocketAddr>, String>;

/// The name and port of one server. Clones share what was found.
#[derive(Clone)]
pub(crate) struct Name {
    place: Arc<str>,
    /// Who pays for a look-up.
    owner: Owner,
    last: Arc<Mutex<Option<(Instant, Found)>>>,
}

impl Name {
    pub(crate) fn new(place: &str, owner: &Owner) -> Self {
        Self { place: place.into(), owner: owner.clone(), last: Arc::default() }
    }

    /// As it was given.
    pub(crate) fn as_str(&self) -> &str {
        &self.place
    }

    /// Its addresses, one at least, in the order in which they are worth trying.
    ///
    /// # Errors
    /// The name has none, in words for the log.
    pub(crate) async fn addresses(&self) -> Found {
        if let Ok(address) = self.place.parse() {
            return Ok(vec![address]);
        }
        let (place, owner) = (Arc::clone(&self.place), self.owner.clone());
        self.found(in_turn(&THREADS, owner, async move {
            let addresses = lookup_host(&*place).await.map_err(|error| log_text(&error.to_string(), 128))?;
            let addresses: Vec<_> = addresses.take(MAX_ADDRESSES).collect();
            if addresses.is_empty() { Err("the name has no address".to_owned()) } else { Ok(addresses) }
        }))
        .await
    }

    /// What was found a moment ago, or is found now. The system's resolver holds a thread that nobody can end: whoever stops waiting
    /// leaves it the turn, so that there is one such thread for a server, however many ask for it.
    async fn found(&self, find: impl Future<Output = Found> + Send + 'static) -> Found {
        let mut last = Arc::clone(&self.last).lock_owned().await;
        if let Some((since, found)) = &*last
            && since.elapsed() < FRESH
        {
            return found.clone();
        }
        let finding = tokio::spawn(async move {
            let found = find.await;
            *last = Some((Instant::now(), found.clone()));
            found
        });
        finding.await.unwrap_or_else(|_| Err("the name could not be looked up".to_owned()))
    }
}

/// Finds it when the owner has a turn, which it keeps until something was found.
async fn in_turn(threads: &Turns, owner: Owner, find: impl Future<Output = Found>) -> Found {
    let _turn = threads.enter(&owner, SHARE).await.map_err(|refused| refused.to_string())?;
    find.await
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::time::{advance, timeout};

    use super::*;

    fn here() -> Found {
        Ok(vec![SocketAddr::from(([127, 0, 0, 1], 389))])
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_ask_at_once_share_one_look_up() {
        let (name, count) = (Name::new("ldap.example.com:389", &Owner::Host), Arc::new(AtomicUsize::new(0)));
        let look_up = || {
            let count = Arc::clone(&count);
            name.found(async move {
                count.fetch_add(1, Ordering::Relaxed);
                here()
            })
        };
        assert_eq!(tokio::join!(look_up(), look_up(), look_up()), (here(), here(), here()));
        assert_eq!(count.load(Ordering::Relaxed), 1);
        advance(FRESH).await;
        assert_eq!(look_up().await, here());
        assert_eq!(count.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_resolver_that_stalls_keeps_the_turn_and_nobody_beyond_a_deadline() {
        let name = Name::new("ldap.example.com:389", &Owner::Host);
        let wait = Duration::from_millis(10);
        assert!(timeout(wait, name.found(pending())).await.is_err());
        assert!(timeout(wait, name.found(async { here() })).await.is_err(), "a second one began");
    }

    #[tokio::test(start_paused = true)]
    async fn a_tenant_whose_names_stall_leaves_threads_for_others() {
        let threads = Turns::new(Resource::NameLookups, LOOKUPS, Room::Left);
        let owner = |name: &str| Owner::Tenant(vestibule_domain::TenantName::new(name).unwrap());
        let (mut stalled, wait) = (tokio::task::JoinSet::new(), Duration::from_millis(10));
        for _ in 0..20 {
            let (threads, owner) = (threads.clone(), owner("stalling"));
            stalled.spawn(async move { in_turn(&threads, owner, pending()).await });
        }
        tokio::task::yield_now().await;
        assert!(timeout(wait, in_turn(&threads, owner("stalling"), async { here() })).await.is_err());
        assert_eq!(threads.usage(), (SHARE.inside, LOOKUPS));
        assert_eq!(in_turn(&threads, owner("other"), async { here() }).await, here());
    }

    #[tokio::test]
    async fn an_address_stands_for_itself() {
        assert_eq!(Name::new("127.0.0.1:389", &Owner::Host).addresses().await, here());
        assert!(Name::new("not a name:389", &Owner::Host).addresses().await.is_err());
    }
}
