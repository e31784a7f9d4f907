//! From bytes to a version: looked at, compiled, asked what it is, compared with the active one, and stored.
//!
//! Not for: deciding who may upload.

use std::borrow::Cow;

use minisign_verify::{PublicKey, Signature};
use vestibule_api::{Report, ReportDifference, Terms, Uploaded};
use vestibule_compiler::{Failure, Order, Policy, Purpose};
use vestibule_domain::{Grants, TenantName};
use vestibule_ledger::Owner;
use vestibule_sandbox::MAX_COMPONENT_BYTES;
use vestibule_store::{AddError, Added, By, NewVersion, Room};

use crate::load::Version;
use crate::plan::Plan;
use crate::{Error, Registry, report};

/// The longest name of a policy, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// What is uploaded.
#[derive(Debug, Clone, Copy)]
pub struct Upload<'a> {
    /// What to call the policy; absent: what its manifest says.
    pub name: Option<&'a str>,
    /// The component, or the core module that it is to be made of.
    pub wasm: &'a [u8],
    /// Its minisign signature as it is uploaded: the text of a `.minisig` file.
    pub signature: Option<&'a str>,
}

impl Registry {
    /// Takes a component, or what is made of a core module, as a new version of a policy. If it is a version already, its signature is
    /// kept if that is new.
    ///
    /// # Errors
    /// [`Error::NoTenant`]; [`Error::Terms`]; [`Error::Signature`]; [`Error::Policy`] says what is wrong with the file;
    /// [`Error::Invalid`] for the name; the store's.
    pub async fn upload(&self, tenant: &TenantName, upload: Upload<'_>, by: &By) -> Result<Uploaded, Error> {
        let terms = self.terms(tenant).await?;
        ensure_size(upload.wasm)?;
        let signer = signer(&terms, upload)?;
        let module = vestibule_sandbox::is_core_module(upload.wasm).then(|| vestibule_sandbox::digest(upload.wasm));
        let (owner, make_room) = (Owner::from(tenant), || self.0.cache.make_room(tenant));
        let order = Order { owner: &owner, purpose: Purpose::Administration, make_room: &make_room };
        let component = self.component(tenant, order, upload.wasm, module.as_deref()).await?;
        self.ensure_room(tenant, &terms, &component).await?;
        let Policy { compiled, manifest } = self.0.loader.load(order, &component).await?;
        let policy = upload.name.unwrap_or(&manifest.name).to_owned();
        ensure_name(&policy)?;
        let digest = compiled.digest();
        let text = |value: Result<String, serde_json::Error>| {
            value.map_err(|error| Error::Damaged(format!("a manifest cannot be written: {error}")))
        };
        let Added { number: version, new } = self
            .store()
            .add_version(
                tenant,
                &NewVersion {
                    policy: &policy,
                    digest: &digest,
                    source: module.as_deref().unwrap_or(&digest),
                    component: &component,
                    manifest: &text(serde_json::to_string(&manifest))?,
                    settings: "{}",
                    grants: &text(serde_json::to_string(&Grants::default()))?,
                    signer,
                },
                Room { bytes: terms.stored_bytes, policies: terms.policies },
                by,
            )
            .await
            .map_err(|error| match error {
                AddError::NoRoom { stored } => no_room(&terms, stored),
                AddError::TooManyPolicies => Error::Terms(format!("{} policies", terms.policies)),
                AddError::Store(error) => error.into(),
            })?;
        // Of a file that was known, the version may have another component: one of another policy's was at hand, or another release was
        // faster.
        let stored = match module {
            Some(_) if !new => self.0.version(tenant, &policy, version, Purpose::Administration).await?,
            _ => Version { compiled, manifest },
        };
        let report = report::of(&stored.compiled, &stored.manifest);
        let difference = self.since_active(tenant, &policy, &report).await?;
        let (sha256, from_module) = (stored.compiled.digest(), module.is_some());
        let (source, manifest) = (module.unwrap_or_else(|| sha256.clone()), stored.manifest);
        Ok(Uploaded { policy, version, new, from_module, sha256, source, manifest, report, difference })
    }

    /// What a stored version may do.
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::Policy`]; the store's.
    pub async fn report(&self, tenant: &TenantName, policy: &str, number: i64) -> Result<Report, Error> {
        let version = self.0.version(tenant, policy, number, Purpose::Administration).await?;
        Ok(report::of(&version.compiled, &version.manifest))
    }

    /// How a report differs from the active version's.
    ///
    /// # Errors
    /// The store's.
    pub async fn since_active(
        &self,
        tenant: &TenantName,
        policy: &str,
        report: &Report,
    ) -> Result<Option<ReportDifference>, Error> {
        let Some(revision) = self.store().active_revision(tenant).await? else { return Ok(None) };
        let plan = Plan::read(&revision.links)?;
        let Some(link) = plan.0.iter().find(|link| link.policy == policy) else { return Ok(None) };
        let active = self.report(tenant, policy, link.version).await?;
        Ok(Some(report::difference(report, link.version, &active)))
    }

    /// The component of what is uploaded. Of a module that the tenant has uploaded before it is the one of then: this release may make
    /// another one of it. Other tenants' are not looked at, so that nobody learns what they have.
    async fn component<'a>(
        &self,
        tenant: &TenantName,
        order: Order<'_>,
        wasm: &'a [u8],
        module: Option<&str>,
    ) -> Result<Cow<'a, [u8]>, Error> {
        if let Some(module) = module
            && let Some(component) = self.store().component_of(tenant, module).await?
        {
            return Ok(Cow::Owned(component.rest().await?));
        }
        Ok(self.0.loader.component(order, wasm).await?)
    }

    /// Nobody compiles what there is no room for. Whether there is any is decided when the version is added: others upload meanwhile.
    async fn ensure_room(&self, tenant: &TenantName, terms: &Terms, component: &[u8]) -> Result<(), Error> {
        let stored = self.store().for_administrators().stored_bytes(tenant).await?;
        if stored.saturating_add(component.len() as u64) <= terms.stored_bytes
            || self.store().holds(tenant, &vestibule_sandbox::digest(component)).await?
        {
            return Ok(());
        }
        Err(no_room(terms, stored))
    }
}

fn no_room(terms: &Terms, stored: u64) -> Error {
    Error::Terms(format!("{} bytes of policies, and {stored} are stored", terms.stored_bytes))
}

fn ensure_size(wasm: &[u8]) -> Result<(), Error> {
    if wasm.len() <= MAX_COMPONENT_BYTES {
        return Ok(());
    }
    let refusal = vestibule_compiler::Refusal::from(&vestibule_sandbox::LoadError::TooLarge(wasm.len()));
    Err(Error::Policy(Failure::Refused(refusal)))
}

/// The key that has signed what is uploaded: one of the terms', if they name any.
fn signer<'a>(terms: &'a Terms, upload: Upload<'_>) -> Result<Option<&'a str>, Error> {
    if terms.signers.is_empty() {
        return Ok(None);
    }
    let refused = |why: &str| Error::Signature(why.to_owned());
    let text = upload.signature.ok_or_else(|| refused("the tenant takes signed policies only"))?;
    let signature = Signature::decode(text).map_err(|_| refused("the signature is not one of minisign"))?;
    let holds =
        |key: &String| PublicKey::from_base64(key).is_ok_and(|key| key.verify(upload.wasm, &signature, false).is_ok());
    let signer = terms.signers.iter().find(|key| holds(key));
    signer.map(|key| Some(key.as_str())).ok_or_else(|| refused("no key of the tenant's terms has signed this"))
}

/// A name stands in paths, as a manifest's does.
fn ensure_name(name: &str) -> Result<(), Error> {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !name.is_empty() && name.len() <= MAX_NAME_BYTES && plain {
        return Ok(());
    }
    Err(Error::Invalid("a policy's name has 1 to 64 lower-case letters, digits and dashes".to_owned()))
}
