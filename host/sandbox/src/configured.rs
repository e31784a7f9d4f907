//! A policy as one tenant uses it: compiled, with settings, grants, limits and capabilities.
//!
//! Not for: what belongs to one call; see [`crate::call`].

use std::sync::Arc;
use std::time::Duration;

use vestibule_domain::{Grants, Login, Settings};
use vestibule_ledger::{Hold, Owner, Pool};

use crate::capability::{Capabilities, Directory};
use crate::circumstances::Circumstances;
use crate::compiled::Compiled;
use crate::limits::Limits;
use crate::recording::Recording;
use crate::report::Report;
use crate::tape::Tape;

/// Everything that a tenant decides about a policy.
#[derive(Clone, Default)]
pub(crate) struct Configuration {
    pub(crate) settings: Settings,
    pub(crate) grants: Grants,
    pub(crate) limits: Limits,
    pub(crate) capabilities: Capabilities,
    /// What the memory of calls is taken from, and for whom.
    account: Option<(Pool, Owner)>,
}

impl Configuration {
    /// For one call, of which nothing is taken yet.
    pub(crate) fn hold_on_memory(&self) -> Option<Hold> {
        let (pool, owner) = self.account.as_ref()?;
        // Nothing is never refused.
        pool.take(owner, 0).ok()
    }
}

/// A configured policy. Clones share it; calls may run at the same time on any thread.
#[derive(Clone)]
pub struct Configured {
    pub(crate) compiled: Compiled,
    pub(crate) configuration: Arc<Configuration>,
}

impl Configured {
    pub(crate) fn new(compiled: Compiled) -> Self {
        Self { compiled, configuration: Arc::default() }
    }

    /// With these settings instead of none.
    #[must_use]
    pub fn with_settings(mut self, settings: Settings) -> Self {
        Arc::make_mut(&mut self.configuration).settings = settings;
        self
    }

    /// With these grants instead of none.
    #[must_use]
    pub fn with_grants(mut self, grants: Grants) -> Self {
        Arc::make_mut(&mut self.configuration).grants = grants;
        self
    }

    /// With these limits instead of the defaults.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        Arc::make_mut(&mut self.configuration).limits = limits;
        self
    }

    /// With these capabilities instead of none.
    #[must_use]
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        Arc::make_mut(&mut self.configuration).capabilities = capabilities;
        self
    }

    /// With the memory of its calls taken from a pool for somebody, besides the limit of each call. A call that finds none is a fault with
    /// cause `overloaded`. By default, nobody counts what all calls take together.
    #[must_use]
    pub fn with_memory_pool(mut self, pool: Pool, owner: Owner) -> Self {
        Arc::make_mut(&mut self.configuration).account = Some((pool, owner));
        self
    }

    /// With another directory than its capabilities have.
    #[must_use]
    pub fn with_directory(mut self, directory: Arc<dyn Directory>) -> Self {
        Arc::make_mut(&mut self.configuration).capabilities.directory = directory;
        self
    }

    /// How long a call may take.
    pub fn deadline(&self) -> Duration {
        self.configuration.limits.deadline()
    }

    /// The directory of its capabilities, for whoever puts something before it.
    pub fn directory(&self) -> Arc<dyn Directory> {
        Arc::clone(&self.configuration.capabilities.directory)
    }

    /// With a deadline no later than in `left`. Costs nothing where the policy's own is earlier.
    #[must_use]
    pub fn within(&self, left: Duration) -> Self {
        let limits = &self.configuration.limits;
        if limits.deadline() <= left {
            return self.clone();
        }
        let deadline_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        let limits = Limits { deadline_ms, ..limits.clone() };
        self.clone().with_limits(limits)
    }

    /// The component's SHA-256: which policy this is.
    pub fn digest(&self) -> String {
        self.compiled.digest()
    }

    /// Decides on one login in a fresh instance.
    ///
    /// Never fails and never panics for what the guest does: whatever goes wrong is a fault in the report. A policy that imports
    /// nothing that waits runs to its end on the calling thread, for as long as its fuel and deadline allow; others
    /// give way every millisecond and while they wait.
    pub async fn call(&self, login: &Login, circumstances: &Circumstances) -> Report {
        crate::call::run(self, login, circumstances, Tape::live()).await
    }

    /// The same, together with everything that is needed to run it again.
    pub async fn record(&self, login: &Login, circumstances: &Circumstances) -> (Report, Recording) {
        let report = self.call(login, circumstances).await;
        let recording = Recording::new(self, login, circumstances, &report);
        (report, recording)
    }
}
