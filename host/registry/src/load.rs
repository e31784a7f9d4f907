//! From what is stored of a tenant to the door that decides on its logins.
//!
//! Not for: when that happens; see [`crate::residents`].

use std::sync::Arc;

use serde_json::{Map, Value};
use vestibule_domain::{Cause, Fault, Manifest, Settings, TenantName};
use vestibule_gate::{Chain, Gate, Link, Shadow, Tenant, TenantSettings};
use vestibule_sandbox::{Capabilities, Compiled, Configured};
use vestibule_store::{TenantRow, VersionRow};

use crate::door::Door;
use crate::plan::{Mode, Plan, PlannedLink};
use crate::registry::Parts;
use crate::trial::{Trials, Watched};
use crate::{Error, Terms};

/// A version, ready to be configured.
pub(crate) struct Version {
    pub(crate) compiled: Compiled,
    pub(crate) manifest: Manifest,
}

impl Parts {
    /// The tenant's door. A policy that cannot be run makes a door at which everybody is denied; an error means that not even that
    /// is known.
    pub(crate) async fn make_door(&self, name: &TenantName) -> Result<Door, Error> {
        let row = self.store.tenant(name).await?.ok_or_else(|| Error::NoTenant(name.clone()))?;
        let terms = Terms::read(&row.terms)?;
        let tenant = Tenant::new(name.clone(), self.settings_of(&row)?)
            .map_err(|error| Error::Damaged(format!("tenant `{name}` cannot be configured like this: {error}")))?;
        let Some(revision) = self.store.active_revision(name).await? else {
            let gate = Gate::new(self.store.clone(), tenant, Chain::default());
            return Ok(Door::new(name.clone(), terms, 0, gate));
        };
        let plan = Plan::read(&revision.links)?;
        let trials = Arc::new(Trials::new(&plan));
        let mut held = Vec::new();
        let chain = self.chain(&tenant, &plan, &terms, &trials, &mut held).await;
        let gate = Gate::new(self.store.clone(), tenant.clone(), settled(name, chain)?);
        let mut door =
            Door::new(name.clone(), terms.clone(), revision.number, gate).with_trials(&plan, Arc::clone(&trials));
        if let Some((_, percent)) = plan.canary() {
            let chain = self.chain(&tenant, &plan.with_canary_deciding(), &terms, &trials, &mut held).await;
            door = door.with_canary(percent, Gate::new(self.store.clone(), tenant, settled(name, chain)?));
        }
        Ok(door.holding(held))
    }

    /// The tenant's settings: those of the configuration file, where it names the tenant.
    pub(crate) fn settings_of(&self, row: &TenantRow) -> Result<TenantSettings, Error> {
        match self.in_file.get(&row.name) {
            Some(settings) => Ok(settings.clone()),
            None => serde_json::from_str(&row.settings).map_err(|error| {
                Error::Damaged(format!("the settings of tenant `{}` cannot be read: {error}", row.name))
            }),
        }
    }

    async fn chain(
        &self,
        tenant: &Tenant,
        plan: &Plan,
        terms: &Terms,
        trials: &Arc<Trials>,
        held: &mut Vec<Compiled>,
    ) -> Result<Chain, Error> {
        let mut links = Vec::new();
        for planned in &plan.0 {
            links.push(self.link(tenant, planned, terms, trials, held).await?);
        }
        Chain::new(links).map_err(|error| Error::Invalid(error.to_string()))
    }

    async fn link(
        &self,
        tenant: &Tenant,
        planned: &PlannedLink,
        terms: &Terms,
        trials: &Arc<Trials>,
        held: &mut Vec<Compiled>,
    ) -> Result<Link, Error> {
        let name = tenant.name();
        let version = self.version(name, &planned.policy, planned.version).await?;
        let configured = self.configure(tenant, planned, &version, terms, tenant.capabilities()).await?;
        held.push(version.compiled);
        let link = Link::new(planned.policy.clone(), configured, &version.manifest, planned.grants.clone());
        let Some(trial) = planned.trial.as_ref().filter(|trial| trial.mode == Mode::Shadow) else { return Ok(link) };
        let version = self.version(name, &planned.policy, trial.version).await?;
        // What it asks for may have effects, all but searches.
        let capabilities = Capabilities { directory: tenant.capabilities().directory, ..Capabilities::default() };
        let shadow = self.configure(tenant, planned, &version, terms, capabilities).await?;
        held.push(version.compiled);
        let (trials, watched) = (Arc::clone(trials), Watched::new(planned, trial));
        let shadow = shadow.with_grants(planned.grants.clone());
        Ok(link.with_shadow(Shadow::new(shadow, move |comparison| trials.compared(&watched, comparison))))
    }

    async fn configure(
        &self,
        tenant: &Tenant,
        planned: &PlannedLink,
        version: &Version,
        terms: &Terms,
        capabilities: Capabilities,
    ) -> Result<Configured, Error> {
        let settings = self.settings(tenant.name(), &planned.policy, &planned.settings, &version.manifest).await?;
        let configured = version.compiled.configure().with_settings(settings).with_limits(terms.limits());
        Ok(configured.with_capabilities(capabilities))
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
    pub(crate) async fn version(&self, tenant: &TenantName, policy: &str, number: i64) -> Result<Version, Error> {
        let row = self.store.version(tenant, policy, number).await?;
        let row = row.ok_or_else(|| Error::unknown("version", format!("{policy} {number}")))?;
        let compiled = self.compiled(&row).await?;
        let manifest = match read_manifest(&row) {
            Some(manifest) => manifest,
            None => compiled
                .manifest()
                .await
                .map_err(|fault| Error::Policy(vestibule_compiler::Failure::NoManifest(fault)))?,
        };
        Ok(Version { compiled, manifest })
    }

    pub(crate) async fn compiled(&self, row: &VersionRow) -> Result<Compiled, Error> {
        if let Some(code) = self.residents.code(&row.digest) {
            return Ok(code);
        }
        if let Some(code) = self.loader.cached(&row.digest).map_err(Error::Policy)? {
            return Ok(code);
        }
        let component = self.store.component(&row.digest).await?;
        let component = component
            .ok_or_else(|| Error::Damaged(format!("the component of `{}` {} is gone", row.policy, row.number)))?;
        let _turn = self.compiling.acquire().await;
        self.loader.obtain(&component).await.map_err(Error::Policy)
    }
}

/// What was stored of a manifest when it was uploaded; a version of an older database has none.
pub(crate) fn read_manifest(row: &VersionRow) -> Option<Manifest> {
    serde_json::from_str(&row.manifest).ok()
}

/// A chain that cannot run keeps everybody out, and says why; a store that does not answer may do so the next time.
fn settled(tenant: &TenantName, chain: Result<Chain, Error>) -> Result<Chain, Error> {
    match chain {
        Ok(chain) => Ok(chain),
        Err(Error::Store(error)) => Err(Error::Store(error)),
        Err(error) if matches!(&error, Error::Policy(failure) if failure.is_the_hosts()) => Err(error),
        Err(error) => {
            tracing::error!(%tenant, %error, "the tenant's chain cannot run, and everybody is kept out");
            Ok(Chain::broken(Fault::new(Cause::LoadFailed, error.to_string())))
        }
    }
}
