//! Changes that other processes make: tenants whose stamp has grown are forgotten, and read again when they are needed.
//!
//! Not for: changes of this process, which forgets at once.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::registry::{Parts, Registry};

/// How late a change by another process may take effect.
const POLL: Duration = Duration::from_millis(500);

impl Registry {
    /// Forgets what is in memory of tenants that another process changes, until the registry is dropped.
    pub async fn watch(&self) {
        run(Arc::downgrade(&self.0)).await;
    }
}

async fn run(parts: Weak<Parts>) {
    let mut seen = None;
    loop {
        {
            let Some(parts) = parts.upgrade() else { return };
            match look(&parts, seen).await {
                Ok(stamp) => seen = Some(stamp),
                Err(error) => tracing::warn!(%error, "changes by other processes are not seen"),
            }
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn look(parts: &Parts, seen: Option<i64>) -> Result<i64, vestibule_store::Error> {
    let Some(seen) = seen else {
        let stamp = parts.store.latest_stamp().await?;
        // What was loaded before the first look may be older than it.
        parts.cache.forget_all();
        return Ok(stamp);
    };
    let mut latest = seen;
    for (tenant, stamp) in parts.store.changes_since(seen).await? {
        parts.cache.forget(&tenant);
        latest = latest.max(stamp);
    }
    Ok(latest)
}
