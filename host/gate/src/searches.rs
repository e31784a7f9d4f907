//! Directories as policies may search them: the tenant's, or the front door's own.
//!
//! Not for: grants and budgets, which the sandbox enforces before it asks, nor the fence around the search base, which the directory
//! keeps.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use vestibule_directory::Ldap;
use vestibule_domain::capability::Error;
use vestibule_domain::directory::{Entry, Query};
use vestibule_sandbox::capability::{CapabilityFuture, Directory};

use crate::place::Place;

/// No search takes longer; the call's own deadline is earlier unless a tenant says otherwise.
const LONGEST: Duration = Duration::from_secs(60);

/// Searches as the tenant's service account.
pub(crate) struct Searches(pub(crate) Ldap);

impl Directory for Searches {
    fn search<'a>(&'a self, query: &'a Query) -> CapabilityFuture<'a, Result<Vec<Entry>, Error>> {
        Box::pin(self.0.search(query, Instant::now() + LONGEST))
    }
}

/// A directory for which a login waits without its place.
pub(crate) struct Outward {
    pub(crate) place: Place,
    pub(crate) directory: Arc<dyn Directory>,
}

impl Directory for Outward {
    fn search<'a>(&'a self, query: &'a Query) -> CapabilityFuture<'a, Result<Vec<Entry>, Error>> {
        Box::pin(async move {
            let outside = self.place.step_out();
            let found = self.directory.search(query).await;
            outside.back().await.map_err(|refused| Error::Unavailable(refused.to_string()))?;
            found
        })
    }
}
