//! What decides on logins from now on: a plan is checked, made the active revision in one transaction, and taken back as easily.
//!
//! Not for: running it; a login under way ends on the revision that it began with.

use std::time::SystemTime;

use vestibule_api::{Link, LinkRequest};
use vestibule_compiler::Purpose;
use vestibule_domain::{Grants, TenantName};
use vestibule_store::{ActivateError, By, KEPT_REVISIONS, RevisionRow};

use crate::guards::Watched;
use crate::plan::{Guard, Plan};
use crate::policies::no_secrets;
use crate::registry::Parts;
use crate::{Error, Registry};

/// Who acts when a host rolls back by itself.
const HOST: &str = "host";

impl Registry {
    /// The active revision, and its plan.
    ///
    /// # Errors
    /// [`Error::NoTenant`]; [`Error::Damaged`]; the store's.
    pub async fn active(&self, tenant: &TenantName) -> Result<Option<(RevisionRow, Plan)>, Error> {
        self.row(tenant).await?;
        let Some(revision) = self.store().active_revision(tenant).await? else { return Ok(None) };
        let plan = Plan::read(&revision.links)?;
        Ok(Some((revision, plan)))
    }

    /// Makes this the tenant's chain, if `expected` is still the active revision, 0 for none. Returns the new revision's number.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a policy or version; [`Error::Invalid`] and [`Error::Settings`] for what cannot run;
    /// [`Error::Policy`]; [`Error::Unsigned`]; [`Error::Conflict`]; the store's.
    pub async fn activate(
        &self,
        tenant: &TenantName,
        expected: i64,
        chain: Vec<LinkRequest>,
        note: &str,
        by: &By,
    ) -> Result<i64, Error> {
        self.row(tenant).await?;
        let mut plan = Plan::default();
        for activation in chain {
            plan.0.push(self.planned(tenant, activation).await?);
        }
        self.put(tenant, expected, &plan, note, by).await
    }

    /// Brings an older revision back, if `expected` is still the active one: the given one, or the one before. Returns the new
    /// revision's number.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is no such revision; [`Error::Unsigned`]; [`Error::Conflict`]; the store's.
    pub async fn roll_back(&self, tenant: &TenantName, to: Option<i64>, expected: i64, by: &By) -> Result<i64, Error> {
        let old = match to {
            Some(number) => self.store().revision(tenant, number).await?,
            None => self.store().for_administrators().revisions(tenant, 1, Some(expected)).await?.into_iter().next(),
        };
        let name = to.map_or_else(|| "before the active one".to_owned(), |number| number.to_string());
        let old = old.ok_or_else(|| Error::unknown("revision", name))?;
        let note = format!("rolled back to revision {}", old.number);
        self.put(tenant, expected, &Plan::read(&old.links)?, &note, by).await
    }

    /// Takes back a revision whose policy has failed too often: the last one before it comes back that has all of its policies, each
    /// signed as the terms ask, and not this version. So nobody comes in past a policy because it fails, and no two revisions take
    /// turns. Whoever is faster wins: an administrator may have done it.
    pub(crate) async fn roll_back_by_itself(&self, tenant: &TenantName, revision: i64, guard: &Guard, now: SystemTime) {
        let policy = guard.policy.as_str();
        let by = By { actor: HOST.to_owned(), origin: format!("faults of `{policy}`"), at: now };
        match self.take_back(tenant, revision, guard, &by).await {
            Ok(number) => {
                tracing::error!(%tenant, policy, revision, number, "a policy failed too often: an older chain is back");
            }
            Err(Error::Conflict { .. }) => {}
            Err(error) => {
                tracing::error!(%tenant, policy, revision, %error, "a policy failed too often, and could not be taken back");
            }
        }
    }

    async fn take_back(&self, tenant: &TenantName, revision: i64, guard: &Guard, by: &By) -> Result<i64, Error> {
        let old = self.stand_in(tenant, revision, guard).await?;
        let (old, mut plan) = old.ok_or_else(|| Error::unknown("revision", "with the same policies"))?;
        plan.0.iter_mut().for_each(|link| (link.roll_back_after, link.roll_back_within) = (None, None));
        let note = format!("`{}` failed too often: rolled back to revision {old}", guard.policy);
        self.put(tenant, revision, &plan, &note, by).await
    }

    /// Finds out whether anything could take a failing version's place. What is not found out now is asked again at another fault.
    pub(crate) async fn seek_stand_in(&self, tenant: &TenantName, revision: i64, watched: &Watched) {
        match self.stand_in(tenant, revision, &watched.guard).await {
            Ok(found) => watched.found(found.is_some()),
            Err(error) => {
                tracing::warn!(%tenant, revision, %error, "whether an older chain could come back is not known");
            }
        }
    }

    /// The last revision before this one that has all of its policies, each signed as the terms ask, and not the version that fails.
    ///
    /// # Errors
    /// [`Error::NoTenant`]; [`Error::Unknown`] for the revision; [`Error::Damaged`]; the store's.
    async fn stand_in(
        &self,
        tenant: &TenantName,
        revision: i64,
        failing: &Guard,
    ) -> Result<Option<(i64, Plan)>, Error> {
        let active = self.store().revision(tenant, revision).await?;
        let active = Plan::read(&active.ok_or_else(|| Error::unknown("revision", revision.to_string()))?.links)?;
        let signers = self.terms(tenant).await?.signers;
        for old in self.store().for_administrators().revisions(tenant, KEPT_REVISIONS, Some(revision)).await? {
            // One that does not read any more is none that can come back.
            let Ok(plan) = Plan::read(&old.links) else { continue };
            if plan.can_stand_in_for(&active, failing) && self.0.is_signed(tenant, &plan, &signers).await? {
                return Ok(Some((old.number, plan)));
            }
        }
        Ok(None)
    }

    /// Everything that can be known before is checked before.
    async fn put(&self, tenant: &TenantName, expected: i64, plan: &Plan, note: &str, by: &By) -> Result<i64, Error> {
        plan.check()?;
        let signers = self.terms(tenant).await?.signers;
        for link in &plan.0 {
            for number in link.versions() {
                let version = self.0.version(tenant, &link.policy, number, Purpose::Administration).await?;
                self.0.ensure_signed(tenant, &link.policy, number, &signers).await?;
                self.0.settings(tenant, &link.policy, &link.settings, &version.manifest).await?;
            }
        }
        let seen = Some(expected).filter(|number| *number > 0);
        let activated = self.store().activate(tenant, seen, &plan.write()?, &plan.uses(), note, by).await;
        self.0.cache.forget(tenant);
        activated.map_err(|error| match error {
            ActivateError::Conflict => Error::Conflict { expected },
            ActivateError::NoVersion { policy, number } => Error::unknown("version", format!("{policy} {number}")),
            ActivateError::Store(error) => error.into(),
        })
    }

    async fn planned(&self, tenant: &TenantName, request: LinkRequest) -> Result<Link, Error> {
        let LinkRequest { policy, version, settings, grants, trial, roll_back_after, roll_back_within } = request;
        grants.as_ref().map_or(Ok(()), Grants::ensure_meaningful).map_err(Error::Invalid)?;
        let stored = self.policy(tenant, &policy).await?;
        let version = match version.or(stored.latest) {
            Some(version) => version,
            None => return Err(Error::unknown("version", format!("{policy} latest"))),
        };
        let (settings, grants) = (settings.unwrap_or(stored.settings), grants.unwrap_or(stored.grants));
        no_secrets(&settings, &self.0.version(tenant, &policy, version, Purpose::Administration).await?.manifest)?;
        Ok(Link { policy, version, settings, grants, trial, roll_back_after, roll_back_within })
    }
}

impl Parts {
    async fn is_signed(&self, tenant: &TenantName, plan: &Plan, signers: &[String]) -> Result<bool, Error> {
        for link in &plan.0 {
            for number in link.versions() {
                match self.ensure_signed(tenant, &link.policy, number, signers).await {
                    Err(Error::Unsigned { .. }) => return Ok(false),
                    signed => signed?,
                }
            }
        }
        Ok(true)
    }

    /// One of the keys has signed the version, if there are any.
    async fn ensure_signed(
        &self,
        tenant: &TenantName,
        policy: &str,
        version: i64,
        signers: &[String],
    ) -> Result<(), Error> {
        if signers.is_empty() {
            return Ok(());
        }
        let signatures = self.store.signatures(tenant, policy, version..=version).await?;
        let holds = |(number, signer): &(i64, String)| *number == version && signers.contains(signer);
        if signatures.iter().any(holds) {
            return Ok(());
        }
        Err(Error::Unsigned { policy: policy.to_owned(), version })
    }
}
