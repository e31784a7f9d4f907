//! What a server does beside logins: it clears away decisions that are too old, and questions and sessions that have expired, and keeps
//! what was learnt of versions on trial.
//!
//! Not for: anything that a login waits for.

use std::time::Duration;

use vestibule_domain::TenantName;
use vestibule_registry::Registry;
use vestibule_server::listen::Shutdown;

use crate::host::now;

/// The first logins after a start have enough to wait for.
const FIRST: Duration = Duration::from_secs(60);
/// How often it is done.
const EVERY: Duration = Duration::from_secs(3600);
/// How many decisions are deleted while logins wait: some hundredths of a second.
const AT_ONCE: u32 = 5_000;
/// Tenants looked at by one query.
const PAGE: u32 = 500;
/// What was learnt of versions on trial is lost for so long at most, where a host is killed.
const KEEP: Duration = Duration::from_secs(2);

/// Clears away again and again. Decisions are kept for so many days; 0 for good.
pub(crate) async fn run(registry: Registry, decision_days: u64) {
    tokio::time::sleep(FIRST).await;
    loop {
        if let Err(error) = clear(&registry, decision_days).await {
            tracing::warn!(%error, "old records could not be cleared away");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn clear(registry: &Registry, decision_days: u64) -> Result<(), vestibule_store::Error> {
    let store = registry.store();
    store.purge(now()).await?;
    let Some(before) = now().checked_sub(Duration::from_secs(decision_days * 86_400)).filter(|_| decision_days > 0)
    else {
        return Ok(());
    };
    let mut after: Option<TenantName> = None;
    loop {
        let tenants = store.tenants(after.as_ref().map(TenantName::as_str), PAGE).await?;
        let Some(last) = tenants.last().map(|tenant| tenant.name.clone()) else { return Ok(()) };
        for tenant in tenants {
            while store.prune_decisions(&tenant.name, before, AT_ONCE).await? == u64::from(AT_ONCE) {}
        }
        after = Some(last);
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
