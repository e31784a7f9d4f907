//! A policy as one tenant uses it: compiled, with settings, grants, limits and capabilities.
//!
//! Not for: what belongs to one call; see [`crate::call`].

use std::sync::Arc;
use std::time::Duration;

use vestibule_domain::{Fault, Grants, Login, Manifest, Settings};
use vestibule_ledger::{Owner, Pool};

use crate::call::{self, Call, Callee};
use crate::call_inputs::CallInputs;
use crate::capability::{Capabilities, Directory};
use crate::compiled::Compiled;
use crate::configuration::Configuration;
use crate::host_call_log::HostCallLog;
use crate::limits::Limits;
use crate::report::Report;
use crate::world::CallMode;

/// A configured policy. Clones share it; calls may run at the same time on any thread.
#[derive(Clone)]
pub struct Configured {
    pub(crate) compiled: Compiled,
    pub(crate) configuration: Arc<Configuration>,
    /// Whether it gives way even where it waits for nothing.
    in_steps: bool,
}

impl Compiled {
    /// What the policy says of itself. Runs the guest once, with default limits and nothing granted.
    ///
    /// # Errors
    /// A fault, if the guest fails or its manifest is not to be believed.
    pub async fn manifest(&self) -> Result<Manifest, Fault> {
        call::manifest(self).await
    }

    /// The policy with no settings, nothing granted, and default limits.
    pub fn configure(&self) -> Configured {
        Configured { compiled: self.clone(), configuration: Arc::default(), in_steps: false }
    }
}

impl Configured {
    /// With these settings instead of none.
    #[must_use]
    pub fn with_settings(mut self, settings: Settings) -> Self {
        Arc::make_mut(&mut self.configuration).set(settings);
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

    /// Giving way every millisecond even where it imports nothing that waits: for a policy that computes for long beside others. It takes
    /// a stack of its own for that, and some microseconds.
    #[must_use]
    pub fn in_steps(mut self) -> Self {
        self.in_steps = true;
        self
    }

    /// Whether a call gives way every millisecond, and while it waits.
    pub fn gives_way(&self) -> bool {
        self.call_mode() == CallMode::Async
    }

    fn call_mode(&self) -> CallMode {
        if self.in_steps { CallMode::Async } else { self.compiled.imports().call_mode() }
    }

    /// What a call runs.
    pub(crate) fn callee(&self) -> Callee<'_> {
        Callee { compiled: &self.compiled, configuration: &self.configuration, mode: self.call_mode() }
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
    /// nothing that waits runs to its end on the calling thread, for as long as its fuel and deadline allow, unless it
    /// runs [in steps](Self::in_steps); others give way every millisecond and while they wait.
    pub async fn call(&self, login: &Login, inputs: &CallInputs) -> Report {
        call::run(self.callee(), login, inputs, HostCallLog::live()).await
    }

    /// The same, unless it keeps the thread for longer than this: `None` then, and nothing of the call remains. A policy that gives way by
    /// itself, as it may wait or runs [in steps](Self::in_steps), is not given up.
    pub async fn call_within(&self, login: &Login, inputs: &CallInputs, longest: Duration) -> Option<Report> {
        call::run_within(self.callee(), Call { login, inputs, call_log: HostCallLog::live() }, longest).await
    }
}
