//! A policy as one tenant uses it: compiled, with settings, grants, limits and capabilities.
//!
//! Not for: what belongs to one call; see [`crate::call`].

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use vestibule_domain::redactor::Sought;
use vestibule_domain::{Fault, Grants, Login, Settings};
use vestibule_ledger::{Hold, Owner, Pool};

use crate::call::Inputs;
use crate::capability::{Capabilities, Directory};
use crate::circumstances::Circumstances;
use crate::compiled::{Compiled, Pace};
use crate::limits::Limits;
use crate::recording::Recording;
use crate::report::Report;
use crate::tape::Tape;

/// Everything that a tenant decides about a policy. Clones share what is large.
#[derive(Clone, Default)]
pub(crate) struct Configuration {
    pub(crate) settings: Arc<Settings>,
    /// What finds the settings' secrets, made for the first call, with the memory that it takes.
    secrets: Arc<OnceLock<(Arc<Sought>, Option<Hold>)>>,
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

    /// What finds the settings' secrets.
    ///
    /// # Errors
    /// There is no memory for it.
    pub(crate) fn secrets(&self) -> Result<Arc<Sought>, Fault> {
        if let Some((sought, _)) = self.secrets.get() {
            return Ok(Arc::clone(sought));
        }
        let sought = Sought::new(self.settings.secrets());
        // The most is taken first: what is refused is not made, call after call.
        let most = sought.most_bytes() as u64;
        let mut hold = self.account.as_ref().map(|(pool, owner)| pool.take(owner, most)).transpose()?;
        let taken = sought.prepare() as u64;
        if let Some(hold) = &mut hold {
            hold.shrink(most.saturating_sub(taken));
        }
        Ok(Arc::clone(&self.secrets.get_or_init(|| (Arc::new(sought), hold)).0))
    }
}

/// A configured policy. Clones share it; calls may run at the same time on any thread.
#[derive(Clone)]
pub struct Configured {
    pub(crate) compiled: Compiled,
    pub(crate) configuration: Arc<Configuration>,
    /// Whether it gives way even where it waits for nothing.
    in_steps: bool,
}

impl Configured {
    pub(crate) fn new(compiled: Compiled) -> Self {
        Self { compiled, configuration: Arc::default(), in_steps: false }
    }

    /// With these settings instead of none.
    #[must_use]
    pub fn with_settings(mut self, settings: Settings) -> Self {
        let configuration = Arc::make_mut(&mut self.configuration);
        (configuration.settings, configuration.secrets) = (Arc::new(settings), Arc::default());
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
        self.pace() == Pace::Waiting
    }

    pub(crate) fn pace(&self) -> Pace {
        if self.in_steps { Pace::Waiting } else { self.compiled.pace() }
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
    pub async fn call(&self, login: &Login, circumstances: &Circumstances) -> Report {
        crate::call::run(self, login, circumstances, Tape::live()).await
    }

    /// The same, unless it keeps the thread for longer than this: `None` then, and nothing of the call remains. A policy that gives way by
    /// itself, as it may wait or runs [in steps](Self::in_steps), is not given up.
    pub async fn call_within(&self, login: &Login, circumstances: &Circumstances, longest: Duration) -> Option<Report> {
        crate::call::run_within(self, Inputs { login, circumstances, tape: Tape::live() }, longest).await
    }

    /// The same as [`Self::call`], together with everything that is needed to run it again.
    pub async fn record(&self, login: &Login, circumstances: &Circumstances) -> (Report, Recording) {
        let report = self.call(login, circumstances).await;
        let recording = Recording::new(self, login, circumstances, &report);
        (report, recording)
    }
}

#[cfg(test)]
mod tests {
    use vestibule_domain::{Cause, Manifest};
    use vestibule_ledger::{Resource, Share};

    use super::*;

    fn configuration(secret: &str, pool: &Pool) -> Configuration {
        let manifest: Manifest = serde_json::from_value(serde_json::json!({
            "name": "a", "version": "1.0.0", "description": "", "group_select": false, "auth_null": false,
            "retain_password": false, "static_challenge": null, "x509_track": [], "wants_directory": false, "wants_http": [],
            "wants_properties": [],
            "settings": [{ "name": "key", "description": "", "default_value": null, "secret": true }],
        }))
        .unwrap();
        let given = [("key".to_owned(), secret.into())].into_iter().collect();
        let settings = Arc::new(Settings::from_object(given, &manifest).unwrap());
        Configuration { settings, account: Some((pool.clone(), Owner::Host)), ..Configuration::default() }
    }

    #[test]
    fn what_finds_the_settings_secrets_is_made_once_for_all_calls_and_paid_for() {
        let pool = Pool::new(Resource::Instances, 16 << 20, Share { most: 16 << 20 });
        let one = configuration(&"0123456789abcde\n".repeat(1 << 10), &pool);
        let other = one.clone();
        assert!(Arc::ptr_eq(&one.secrets().unwrap(), &other.secrets().unwrap()));
        let held = pool.usage().0;
        assert!(held > 0 && held < 4 << 20, "{held}");
        drop((one, other));
        assert_eq!(pool.usage().0, 0);
    }

    #[test]
    fn where_there_is_no_memory_for_it_the_call_is_refused() {
        let pool = Pool::new(Resource::Instances, 1 << 10, Share { most: 1 << 10 });
        assert_eq!(configuration(&"x".repeat(4 << 10), &pool).secrets().unwrap_err().cause, Cause::Overloaded);
        assert!(configuration("hunter2", &pool).secrets().is_ok());
    }
}
