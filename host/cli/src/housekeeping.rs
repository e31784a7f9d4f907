//! What a server does beside logins: it clears away decisions and changes that are too old or too many, and questions and sessions
//! that have expired, and keeps what was learnt of versions on trial.
//!
//! Not for: anything that a login waits for.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::Sleep;
use vestibule_registry::{Ages, Registry, Retention};
use vestibule_server::listen::Shutdown;
use vestibule_store::Store;

use crate::config::ServerSettings;
use crate::host::now;

/// The first logins after a start have enough to wait for.
const FIRST: Duration = Duration::from_secs(60);
/// How often it is done.
const EVERY: Duration = Duration::from_secs(3600);
/// How long a surplus waits: at 20 MB a second it is a hundred megabytes.
const PAUSE: Duration = Duration::from_secs(5);
/// What was learnt of versions on trial is lost for so long at most, where a host is killed.
const KEEP: Duration = Duration::from_secs(2);

/// Clears away again and again.
pub(crate) async fn run(store: Store, ages: Ages) {
    let mut retention = Retention::new(store.clone(), ages);
    tokio::time::sleep(FIRST).await;
    loop {
        // One does not wait for the other to succeed: where nothing can be purged, logs grow all the same.
        if let Err(error) = store.purge(now()).await {
            tracing::warn!(%error, "what has expired could not be cleared away");
        }
        if let Err(error) = retention.look(now()).await {
            tracing::warn!(%error, "old records could not be cleared away");
        }
        let next = tokio::time::sleep(EVERY);
        tokio::pin!(next);
        while !rests_until(next.as_mut(), &store).await {
            if let Err(error) = retention.look_at_surplus(now()).await {
                tracing::warn!(%error, "a surplus of records could not be cleared away");
            }
        }
    }
}

/// Waits until it is time to look at everybody, or until a tenant keeps more than it may and a moment, so that little is not cleared away
/// without end. Returns whether it is time.
async fn rests_until(next: Pin<&mut Sleep>, store: &Store) -> bool {
    let surplus = async {
        store.surplus().await;
        tokio::time::sleep(PAUSE).await;
    };
    tokio::select! {
        () = next => true,
        () = surplus => false,
    }
}

impl ServerSettings {
    /// For how long things are kept.
    pub(crate) fn ages(&self) -> Ages {
        let days = |days: u64| (days > 0).then(|| Duration::from_secs(days.saturating_mul(86_400)));
        Ages { decisions: days(self.decision_days), audit: days(self.audit_days) }
    }
}

/// Keeps what was learnt of versions on trial again and again, and once more at the end.
pub(crate) async fn keep_trials(registry: Registry, mut end: Shutdown) {
    loop {
        let ends = tokio::select! {
            () = end.wait() => true,
            () = tokio::time::sleep(KEEP) => false,
        };
        if let Err(error) = registry.keep_trials(now()).await {
            tracing::warn!(%error, "what was learnt of versions on trial could not be kept");
        }
        if ends {
            return;
        }
    }
}
