//! From what is stored of a tenant to the runtime that decides on its logins.
//!
//! Not for: when that happens; see [`crate::tenant_cache`].

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value};
use vestibule_api::{self as api, Terms, TrialMode};
use vestibule_compiler::{Failure, Order, Purpose};
use vestibule_domain::{Cause, Fault, Manifest, Settings, TenantName};
use vestibule_gate::{Canary, Chain, Gate, Link, LogRoom, Seen, Shadow, Tenant, TenantSettings};
use vestibule_ledger::Owner;
use vestibule_sandbox::{Capabilities, Compiled, Configured};
use vestibule_store::{TenantRow, VersionRow};

use crate::guards::Guards;
use crate::plan::Plan;
use crate::quotas::TenantQuota;
use crate::registry::Parts;
use crate::tenant_runtime::TenantRuntime;
use crate::trial::Trials;
use crate::{Error, terms};

/// A version, ready to be configured.
pub(crate) struct Version {
    pub(crate) compiled: Compiled,
    pub(crate) manifest: Manifest,
}

impl Parts {
    /// The tenant's runtime. A policy that cannot be run makes a runtime by which everybody is denied; an error means that not even that
    /// is known.
    pub(crate) async fn make_runtime(&self, name: &TenantName) -> Result<TenantRuntime, Error> {
        let row = self.store.tenant(name).await?.ok_or_else(|| Error::NoTenant(name.clone()))?;
        let terms = terms::read(&row.terms)?;
        self.store.limit_records(name, terms.record_bytes);
        let quota = self.quotas.of(name, &terms);
        let tenant = Tenant::new(name.clone(), self.settings_of(&row)?)
            .map_err(|error| Error::Damaged(format!("tenant `{name}` cannot be configured like this: {error}")))?
            .with_log_room(log_room(&quota, &terms))
            .with_places(terms::places(&terms))
            .with_slow_executor(self.slow_executor.clone());
        let revision = self.store.active_revision(name).await?;
        let plan = revision.as_ref().map(|revision| Plan::read(&revision.links)).transpose()?.unwrap_or_default();
        let revision = revision.map_or(0, |revision| revision.number);
        let trials = quota.trials(revision);
        let making = Making { parts: self, tenant: &tenant, terms: &terms, quota: &quota, trials: &trials };
        let chain = settled(name, making.chain(&plan).await)?;
        let (mut canary, mut policy) = (None, None);
        if let Some((link, percent)) = plan.canary() {
            let chain = settled(name, making.chain(&plan.with_canary_deciding()).await)?;
            (canary, policy) = (Some(Canary { chain, percent }), Some(link.policy.clone()));
        }
        let gate = Gate::new(self.store.clone(), self.ledger.clone(), tenant, chain, canary);
        Ok(TenantRuntime { terms, revision, gate, canary: policy, quota, trials, guards: Guards::of(&plan) })
    }

    /// The tenant's settings: those of the configuration file, where it names the tenant.
    pub(crate) fn settings_of(&self, row: &TenantRow) -> Result<TenantSettings, Error> {
        match self.in_file.get(&row.name) {
            Some(settings) => Ok(settings.clone()),
            None => serde_json::from_str(&row.settings).map(TenantSettings::bounded).map_err(|error| {
                Error::Damaged(format!("the settings of tenant `{}` cannot be read: {error}", row.name))
            }),
        }
    }

    /// Settings with the secrets that are stored for the policy, as far as this version reads them.
    pub(crate) async fn settings(
        &self,
        tenant: &TenantName,
        policy: &str,
        given: &Map<String, Value>,
        manifest: &Manifest,
    ) -> Result<Settings, Error> {
        let mut all = given.clone();
        let reads = |name: &str| manifest.settings.iter().any(|setting| setting.secret && setting.name == name);
        for (name, secret) in self.store.secrets(tenant, policy).await? {
            if reads(&name) {
                all.insert(name, Value::from(secret.expose()));
            }
        }
        Ok(Settings::from_object(all, manifest)?)
    }

    /// A version's code and manifest: from memory, from the cache, or compiled from what is stored.
    pub(crate) async fn version(
        &self,
        tenant: &TenantName,
        policy: &str,
        number: i64,
        purpose: Purpose,
    ) -> Result<Version, Error> {
        let row = self.store.version(tenant, policy, number).await?;
        let row = row.ok_or_else(|| Error::unknown("version", format!("{policy} {number}")))?;
        let compiled = self.compiled(tenant, &row, purpose).await?;
        let manifest = match read_manifest(&row) {
            Some(manifest) => manifest,
            None => compiled.manifest().await.map_err(|fault| Error::Policy(Failure::NoManifest(fault)))?,
        };
        Ok(Version { compiled, manifest })
    }

    async fn compiled(&self, tenant: &TenantName, row: &VersionRow, purpose: Purpose) -> Result<Compiled, Error> {
        let (owner, make_room) = (Owner::from(tenant), || self.cache.make_room(tenant));
        let order = Order { owner: &owner, purpose, make_room: &make_room };
        if let Some(code) = self.loader.known(order, &row.digest).await? {
            return Ok(code);
        }
        self.setbacks.ensure_over(&row.digest, Instant::now())?;
        let component = async {
            // Whoever had the turn before may just have failed.
            self.setbacks.ensure_over(&row.digest, Instant::now())?;
            let component = self.store.component(tenant, &row.digest).await?;
            let component = component
                .ok_or_else(|| Error::Damaged(format!("the component of `{}` {} is gone", row.policy, row.number)))?;
            Ok::<_, Error>(component.rest().await?)
        };
        match self.loader.obtain(order, &row.digest, component).await {
            Ok(Ok(code)) => {
                self.setbacks.forget(&row.digest);
                Ok(code)
            }
            Ok(Err(error)) => Err(error),
            // There is no version that was not compiled once.
            Err(failure) if failure.may_pass() && !matches!(failure, Failure::Used(_)) => {
                tracing::error!(%tenant, policy = row.policy, number = row.number, %failure, "a version is not ready");
                Err(self.setbacks.note(&row.digest, &failure, Instant::now()))
            }
            Err(failure) => Err(failure.into()),
        }
    }
}

/// Where the tenant's policies log: as much as its terms allow.
fn log_room(quota: &Arc<TenantQuota>, terms: &Terms) -> LogRoom {
    let (quota, terms) = (Arc::clone(quota), terms.clone());
    LogRoom::new(move |bytes| quota.take_log(&terms, bytes))
}

/// A runtime in the making.
struct Making<'a> {
    parts: &'a Parts,
    tenant: &'a Tenant,
    terms: &'a Terms,
    quota: &'a Arc<TenantQuota>,
    trials: &'a Arc<Trials>,
}

impl Making<'_> {
    async fn chain(&self, plan: &Plan) -> Result<Chain, Error> {
        let mut links = Vec::new();
        for planned in &plan.0 {
            links.push(self.link(planned).await?);
        }
        Chain::new(links).map_err(|error| Error::Invalid(error.to_string()))
    }

    async fn link(&self, planned: &api::Link) -> Result<Link, Error> {
        let (configured, manifest) = self.configured(planned, planned.version, self.tenant.capabilities()).await?;
        let link = Link::new(planned.policy.clone(), configured, &manifest, planned.grants.clone());
        match &planned.trial {
            Some(trial) if trial.mode == TrialMode::Shadow => Ok(link.with_shadow(self.shadow(planned, trial).await?)),
            _ => Ok(link),
        }
    }

    /// A version on trial has no capability that has effects, and its fuel is the tenant's.
    async fn shadow(&self, planned: &api::Link, trial: &api::Trial) -> Result<Shadow, Error> {
        let capabilities = Capabilities { directory: self.tenant.capabilities().directory, ..Capabilities::default() };
        let (configured, _) = self.configured(planned, trial.version, capabilities).await?;
        let (quota, trials, policy) = (Arc::clone(self.quota), Arc::clone(self.trials), planned.policy.clone());
        let seen = move |seen: Seen| {
            quota.charge(seen.fuel);
            trials.note(&policy, seen);
        };
        let payer = (&self.parts.ledger, Owner::from(self.tenant.name()));
        let executor = self.parts.slow_executor.clone();
        Ok(Shadow::new(configured.with_grants(planned.grants.clone()), payer, executor, seen))
    }

    async fn configured(
        &self,
        planned: &api::Link,
        number: i64,
        capabilities: Capabilities,
    ) -> Result<(Configured, Manifest), Error> {
        let (parts, tenant) = (self.parts, self.tenant.name());
        let Version { compiled, manifest } = parts.version(tenant, &planned.policy, number, Purpose::Login).await?;
        let settings = parts.settings(tenant, &planned.policy, &planned.settings, &manifest).await?;
        let configured = compiled
            .configure()
            .with_settings(settings)
            .with_limits(terms::limits(self.terms))
            .with_memory_pool(parts.ledger.instances().clone(), Owner::from(tenant));
        Ok((configured.with_capabilities(capabilities), manifest))
    }
}

/// What was stored of a manifest when it was uploaded; a version of an older database has none.
pub(crate) fn read_manifest(row: &VersionRow) -> Option<Manifest> {
    serde_json::from_str(&row.manifest).ok()
}

/// A chain that cannot run keeps everybody out, and says why; a store that does not answer, or a compiler that is busy or was stopped, may
/// do so the next time.
fn settled(tenant: &TenantName, chain: Result<Chain, Error>) -> Result<Chain, Error> {
    match chain {
        Ok(chain) => Ok(chain),
        Err(error @ (Error::Store(_) | Error::Used(_) | Error::Unready { .. })) => Err(error),
        Err(error) if matches!(&error, Error::Policy(failure) if failure.is_the_hosts()) => Err(error),
        Err(error) => {
            tracing::error!(%tenant, %error, "the tenant's chain cannot run, and everybody is kept out");
            Ok(Chain::broken(Fault::new(Cause::LoadFailed, error.to_string())))
        }
    }
}
