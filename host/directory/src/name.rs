//! Where servers are: names looked up by the system, one at a time for each server.
//!
//! Not for: connecting, nor for how long anybody waits; whoever waits brings a deadline.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::sync::Mutex;
use tokio::time::Instant;
use vestibule_domain::text::log_text;

/// How long what was found holds: as long as it takes for logins that come at once to share one look-up.
const FRESH: Duration = Duration::from_secs(1);
/// The most addresses of one name that are tried.
const MAX_ADDRESSES: usize = 8;

/// What a name stands for, or why that is not known.
type Found = Result<Vec<SocketAddr>, String>;

/// The name and port of one server. Clones share what was found.
#[derive(Clone)]
pub(crate) struct Name {
    place: Arc<str>,
    last: Arc<Mutex<Option<(Instant, Found)>>>,
}

impl Name {
    pub(crate) fn new(place: &str) -> Self {
        Self { place: place.into(), last: Arc::default() }
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
        let place = Arc::clone(&self.place);
        self.found(async move {
            let addresses = lookup_host(&*place).await.map_err(|error| log_text(&error.to_string(), 128))?;
            let addresses: Vec<_> = addresses.take(MAX_ADDRESSES).collect();
            if addresses.is_empty() { Err("the name has no address".to_owned()) } else { Ok(addresses) }
        })
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
        let (name, count) = (Name::new("ldap.example.com:389"), Arc::new(AtomicUsize::new(0)));
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
        let name = Name::new("ldap.example.com:389");
        let wait = Duration::from_millis(10);
        assert!(timeout(wait, name.found(pending())).await.is_err());
        assert!(timeout(wait, name.found(async { here() })).await.is_err(), "a second one began");
    }

    #[tokio::test]
    async fn an_address_stands_for_itself() {
        assert_eq!(Name::new("127.0.0.1:389").addresses().await, here());
        assert!(Name::new("not a name:389").addresses().await.is_err());
    }
}
