//! A tenant's policies between upload and activation: their versions, settings, grants and secrets.
//!
//! Not for: what decides on logins; that is the active revision, which has its own copy of settings and grants.

use std::time::SystemTime;

use serde_json::{Map, Value};
use vestibule_api::Policy;
use vestibule_compiler::Purpose;
use vestibule_domain::{Grants, Manifest, Secret, TenantName};
use vestibule_store::{By, Deleted, Page, PolicyRow, VersionRow};

use crate::load::read_manifest;
use crate::{Error, Registry};

/// The longest name of a secret, as for settings.
const MAX_NAME_BYTES: usize = 64;
/// The longest value of a secret in bytes: a private key fits.
const MAX_SECRET_BYTES: usize = 16 << 10;

/// A version of a policy. It never changes.
#[derive(Debug, Clone)]
pub struct VersionView {
    /// The policy's name.
    pub policy: String,
    /// Counted from 1.
    pub number: i64,
    /// The component's SHA-256.
    pub digest: String,
    /// The SHA-256 of the file that was uploaded; the component's where an older host has stored it.
    pub source: String,
    /// The component's size.
    pub bytes: u64,
    /// What it says of itself; absent for one that was stored by an older host.
    pub manifest: Option<Manifest>,
    /// When it was uploaded.
    pub created: SystemTime,
    /// By whom.
    pub actor: String,
    /// The keys that were among the terms' signers when it was uploaded with their signatures.
    pub signers: Vec<String>,
}

impl VersionView {
    fn read(row: VersionRow, signatures: &[(i64, String)]) -> Self {
        let manifest = read_manifest(&row);
        let VersionRow { policy, number, digest, source, bytes, created, actor, .. } = row;
        let signers = signatures.iter().filter(|(signed, _)| *signed == number).map(|(_, key)| key.clone()).collect();
        Self { policy, number, digest, source, bytes, manifest, created, actor, signers }
    }
}

fn read(row: PolicyRow) -> Result<Policy, Error> {
    let damaged = |error: serde_json::Error| Error::Damaged(format!("policy `{}` cannot be read: {error}", row.name));
    let settings = serde_json::from_str(&row.settings).map_err(damaged)?;
    let grants = serde_json::from_str(&row.grants).map_err(damaged)?;
    Ok(Policy { settings, grants, name: row.name, latest: row.latest })
}

impl Registry {
    /// The first of a tenant's policies by name, or the first after a name: fewer than `count` where they are large.
    ///
    /// # Errors
    /// [`Error::NoTenant`]; [`Error::Damaged`]; the store's.
    pub async fn policies(&self, tenant: &TenantName, count: u32, after: Option<&str>) -> Result<Page<Policy>, Error> {
        self.row(tenant).await?;
        let Page { rows, next } = self.store().for_administrators().policies(tenant, count, after).await?;
        let rows = rows.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page { rows, next })
    }

    /// One policy.
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::Damaged`]; the store's.
    pub async fn policy(&self, tenant: &TenantName, name: &str) -> Result<Policy, Error> {
        let row = self.store().policy(tenant, name).await?.ok_or_else(|| Error::unknown("policy", name))?;
        read(row)
    }

    /// The last versions of a policy, newest first, or those before a number: fewer than `count` where they are large.
    ///
    /// # Errors
    /// [`Error::Unknown`]; the store's.
    pub async fn versions(
        &self,
        tenant: &TenantName,
        policy: &str,
        count: u32,
        before: Option<i64>,
    ) -> Result<Vec<VersionView>, Error> {
        self.policy(tenant, policy).await?;
        let store = self.store().for_administrators();
        let versions = store.versions(tenant, policy, count, before).await?;
        let (Some(newest), Some(oldest)) = (versions.first(), versions.last()) else { return Ok(Vec::new()) };
        let signatures = store.signatures(tenant, policy, oldest.number..=newest.number).await?;
        Ok(versions.into_iter().map(|row| VersionView::read(row, &signatures)).collect())
    }

    /// One version.
    ///
    /// # Errors
    /// [`Error::Unknown`]; the store's.
    pub async fn version(&self, tenant: &TenantName, policy: &str, number: i64) -> Result<VersionView, Error> {
        let row = self.store().version(tenant, policy, number).await?;
        let row = row.ok_or_else(|| Error::unknown("version", format!("{policy} {number}")))?;
        Ok(VersionView::read(row, &self.store().signatures(tenant, policy, number..=number).await?))
    }

    /// Removes a version that is not active, and the old revisions that name it.
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::InUse`]; the store's.
    pub async fn delete_version(&self, tenant: &TenantName, policy: &str, number: i64, by: &By) -> Result<(), Error> {
        let name = format!("{policy} {number}");
        match self.store().delete_version(tenant, policy, number, by).await? {
            Deleted::Done => Ok(()),
            Deleted::InUse => Err(Error::InUse(format!("version {number} of `{policy}`"))),
            Deleted::Unknown => Err(Error::unknown("version", name)),
        }
    }

    /// Removes a policy of which no version is active.
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::InUse`]; the store's.
    pub async fn delete_policy(&self, tenant: &TenantName, name: &str, by: &By) -> Result<(), Error> {
        match self.store().delete_policy(tenant, name, by).await? {
            Deleted::Done => Ok(()),
            Deleted::InUse => Err(Error::InUse(format!("policy `{name}`"))),
            Deleted::Unknown => Err(Error::unknown("policy", name)),
        }
    }

    /// Replaces what is given of a policy's settings and grants. The active chain keeps its own until the next activation.
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::Settings`], if the newest version does not take them; [`Error::Invalid`] for a secret among the
    /// settings, and for a grant that names nothing; the store's.
    pub async fn set_policy(
        &self,
        tenant: &TenantName,
        name: &str,
        settings: Option<&Map<String, Value>>,
        grants: Option<&Grants>,
        by: &By,
    ) -> Result<(), Error> {
        grants.map_or(Ok(()), Grants::ensure_meaningful).map_err(Error::Invalid)?;
        let policy = self.policy(tenant, name).await?;
        if let (Some(settings), Some(latest)) = (settings, policy.latest) {
            let manifest = self.0.version(tenant, name, latest, Purpose::Administration).await?.manifest;
            no_secrets(settings, &manifest)?;
            self.0.settings(tenant, name, settings, &manifest).await?;
        }
        let settings = settings.map(|settings| Value::Object(settings.clone()).to_string());
        let grants = grants.map(serde_json::to_string).transpose();
        let grants = grants.map_err(|error| Error::Damaged(format!("grants cannot be written: {error}")))?;
        let known = self.store().set_policy(tenant, name, settings.as_deref(), grants.as_deref(), by).await?;
        if known { Ok(()) } else { Err(Error::unknown("policy", name)) }
    }

    /// The names of a policy's secrets, and when each was set.
    ///
    /// # Errors
    /// [`Error::Unknown`]; the store's.
    pub async fn secrets(&self, tenant: &TenantName, policy: &str) -> Result<Vec<(String, SystemTime)>, Error> {
        self.policy(tenant, policy).await?;
        Ok(self.store().for_administrators().secret_names(tenant, policy).await?)
    }

    /// Sets a secret. It counts from the next login on.
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::Terms`] if it would be one too many; [`Error::Invalid`]; the store's.
    pub async fn put_secret(
        &self,
        tenant: &TenantName,
        policy: &str,
        name: &str,
        value: &Secret,
        by: &By,
    ) -> Result<(), Error> {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if name.is_empty() || name.len() > MAX_NAME_BYTES || !plain {
            return Err(Error::Invalid(
                "a secret's name has 1 to 64 letters, digits, dashes and underscores".to_owned(),
            ));
        }
        if value.expose().is_empty() || value.expose().len() > MAX_SECRET_BYTES {
            return Err(Error::Invalid(format!("a secret has 1 to {MAX_SECRET_BYTES} bytes")));
        }
        let most = self.terms(tenant).await?.secrets;
        let known = self.store().put_secret(tenant, policy, name, value, most, by).await?;
        self.0.cache.forget(tenant);
        if known { Ok(()) } else { Err(Error::unknown("policy", policy)) }
    }

    /// Removes a secret.
    ///
    /// # Errors
    /// [`Error::Unknown`]; the store's.
    pub async fn delete_secret(&self, tenant: &TenantName, policy: &str, name: &str, by: &By) -> Result<(), Error> {
        let known = self.store().delete_secret(tenant, policy, name, by).await?;
        self.0.cache.forget(tenant);
        if known { Ok(()) } else { Err(Error::unknown("secret", name)) }
    }
}

/// What can be read again must hold no secrets.
pub(crate) fn no_secrets(settings: &Map<String, Value>, manifest: &Manifest) -> Result<(), Error> {
    let secret = manifest.settings.iter().find(|setting| setting.secret && settings.contains_key(&setting.name));
    match secret {
        Some(setting) => {
            Err(Error::Invalid(format!("`{}` is a secret: set it among the policy's secrets", setting.name)))
        }
        None => Ok(()),
    }
}
