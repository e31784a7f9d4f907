//! Adding a version to a policy: its pieces are stored first, and then it is made of them by one change.
//!
//! Not for: whether a component is any good, or what its manifest says; both are kept as they come.

use vestibule_domain::TenantName;

use crate::audit::By;
use crate::registry::{Change, Outcome, number_in};
use crate::statement::{Statement, as_number};
use crate::time::to_millis;
use crate::{AddError, Error, Reader, Store, components, signatures, tenants};

const FULL: &str = "
    select stored from (
        select cast(coalesce(sum(bytes), 0) as bigint) as stored from policy_version where tenant = $1) as held
    where stored > $2";
const ENOUGH_POLICIES: &str = "
    select policies from (select count(*) as policies from policy where tenant = $1) as held
    where policies >= $3 and not exists (select name from policy where tenant = $1 and name = $2)";
/// What the file was before, and not what its component is by now, where those are two versions.
const NUMBER: &str = "
    select number from policy_version
    where tenant = $1 and policy = $2 and (digest = $3 or source = $4)
    order by digest = $3
    limit 1";
const COUNT: &str = "
    insert into policy (tenant, name, settings, grants, last_version) values ($1, $2, $3, $4, 1)
    on conflict (tenant, name) do update set last_version = policy.last_version + 1
    returning last_version";
const ADD: &str = "
    insert into policy_version (tenant, policy, number, digest, source, manifest, bytes, created_ms, actor)
    select $1, $2, last_version, $3, $4, $5, $6, $7, $8 from policy where tenant = $1 and name = $2";
const AUDIT_ADDED: &str = "
    insert into audit (tenant, audit_id, at_ms, actor, origin, action, target, detail)
    select $1, $2, $3, $4, $5, $6, name || ' ' || last_version, $8 from policy where tenant = $1 and name = $7";
/// What is known by now of a version that was stored without it.
const LEARN: &str = "
    update policy_version set source = $4
    where tenant = $1 and policy = $2 and digest = $3 and source is null and not exists (
        select number from policy_version as other where tenant = $1 and policy = $2 and source = $4)";

/// A version to add.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewVersion<'a> {
    /// What the tenant calls the policy.
    pub policy: &'a str,
    /// The component's SHA-256 in hexadecimal. It is the caller's word; what is stored under it already stays.
    pub digest: &'a str,
    /// The SHA-256 of the file that was uploaded: the component's own if it was one.
    pub source: &'a str,
    /// The component.
    pub component: &'a [u8],
    /// What it says about itself, as JSON.
    pub manifest: &'a str,
    /// The settings of the policy if this is its first version.
    pub settings: &'a str,
    /// Its grants, likewise.
    pub grants: &'a str,
    /// The public key whose signature over it holds, if one was verified.
    pub signer: Option<&'a str>,
}

/// What a tenant may have stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// All versions together, in bytes, as [`Store::stored_bytes`] counts them.
    pub bytes: u64,
    /// Policies.
    pub policies: u32,
}

/// What a component is called after it was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// The version's number, counted from 1 for each policy.
    pub number: i64,
    /// Whether the policy had no version of this component or file before.
    pub new: bool,
}

/// Why no version is added.
enum NotStored {
    ATenant,
    New,
    Room,
    APlace,
    Whole,
}

/// How often a component's pieces are stored that were deleted meanwhile: a node of an earlier version does not know whose they are.
const MAX_TRIES: usize = 3;

impl<R: Reader> Store<R> {
    /// Adds a version to a policy, and makes the policy if there is none, as long as there is room for both. A file that is a version of
    /// it already, or whose component is one, is none again: it takes no room, and leaves nothing but its signature if that is new.
    ///
    /// # Errors
    /// [`AddError`]; [`Error::UnknownTenant`] in it.
    pub async fn add_version(
        &self,
        tenant: &TenantName,
        version: &NewVersion<'_>,
        room: Room,
        by: &By,
    ) -> Result<Added, AddError> {
        let stored = self.component(tenant, version.digest).await?.is_some();
        if stored && let Some(added) = self.publish_version(tenant, version, room, by).await? {
            return Ok(added);
        }
        self.claim(tenant, version.digest, by.at).await?;
        let added = self.upload_version(tenant, version, room, by).await;
        if !matches!(added, Ok(Added { new: true, .. }))
            && let Err(error) = self.give_up(tenant, version.digest, by.at).await
        {
            tracing::warn!(%tenant, %error, "what is left of an upload stays until its time has passed");
        }
        added
    }

    async fn upload_version(
        &self,
        tenant: &TenantName,
        version: &NewVersion<'_>,
        room: Room,
        by: &By,
    ) -> Result<Added, AddError> {
        for _ in 0..MAX_TRIES {
            self.put_pieces(tenant, version.digest, version.component).await?;
            if let Some(added) = self.publish_version(tenant, version, room, by).await? {
                return Ok(added);
            }
        }
        Err(Error::Failed("the pieces of a component were deleted while it was stored".to_owned()).into())
    }

    /// Adds a version whose pieces are stored. Returns nothing if they are not.
    async fn publish_version(
        &self,
        tenant: &TenantName,
        version: &NewVersion<'_>,
        room: Room,
        by: &By,
    ) -> Result<Option<Added>, AddError> {
        let NewVersion { policy, digest, source, component, manifest, settings, grants, signer } = *version;
        let of_policy = |sql| Statement::new(sql).text(tenant.as_str()).text(policy);
        let number = Statement::returning(NUMBER).text(tenant.as_str()).text(policy).text(digest).text(source);
        let count = Statement::returning(COUNT).text(tenant.as_str()).text(policy).text(settings).text(grants);
        let add = of_policy(ADD).text(digest).text(source).text(manifest).number(as_number(component.len()));
        let add = add.number(to_millis(by.at)).text(&by.actor);
        let detail = match signer {
            Some(signer) => serde_json::json!({ "digest": digest, "source": source, "signer": signer }),
            None => serde_json::json!({ "digest": digest, "source": source }),
        };

        let left = room.bytes.checked_sub(component.len() as u64).map_or(-1, as_number);
        let full = Statement::returning(FULL).text(tenant.as_str()).number(left);
        let enough = Statement::returning(ENOUGH_POLICIES).text(tenant.as_str()).text(policy);
        let change =
            Change::of(tenant).needs(tenants::known(tenant), NotStored::ATenant).forbids(number, NotStored::New);
        let change =
            change.forbids(full, NotStored::Room).forbids(enough.number(room.policies.into()), NotStored::APlace);
        let change = change.needs(components::complete(digest, component), NotStored::Whole);
        let change = change.then(count).then(components::publish(digest)).then(add);
        let change = change.then(components::given_up(tenant, digest));
        let change = change.then(by.found(AUDIT_ADDED, tenant, "policy.version.add", policy, &detail.to_string()));
        let signature = signer.map(|signer| signatures::added(tenant, policy, digest, signer));
        let change = signature.into_iter().fold(change, Change::then);
        match self.change(change).await? {
            Outcome::Stopped(NotStored::ATenant, _) => Err(Error::UnknownTenant(tenant.clone()).into()),
            Outcome::Stopped(NotStored::Room, answer) => {
                Err(AddError::NoRoom { stored: u64::try_from(number_in(&[answer])?).unwrap_or_default() })
            }
            Outcome::Stopped(NotStored::APlace, _) => Err(AddError::TooManyPolicies),
            Outcome::Stopped(NotStored::Whole, _) => Ok(None),
            Outcome::Stopped(NotStored::New, answer) => {
                let number = number_in(&[answer])?;
                self.uploaded_again(tenant, version, number, by).await?;
                Ok(Some(Added { number, new: false }))
            }
            Outcome::Done(answers) => Ok(Some(Added { number: number_in(&answers)?, new: true })),
        }
    }

    /// Keeps what is new of a version that was stored before: of which file it is, and who has signed that.
    async fn uploaded_again(
        &self,
        tenant: &TenantName,
        version: &NewVersion<'_>,
        number: i64,
        by: &By,
    ) -> Result<(), Error> {
        let NewVersion { policy, digest, source, signer, .. } = *version;
        let known = self.version(tenant, policy, number).await?;
        let Some(known) = known.filter(|known| known.digest == digest || known.source == source) else {
            return Err(Error::Failed(format!("the policy `{policy}` was deleted and made again meanwhile")));
        };
        if known.source != source {
            let learn = Statement::new(LEARN).text(tenant.as_str()).text(policy).text(digest).text(source);
            self.change(Change::unmarked(tenant.as_str()).needs(learn, ())).await?;
        }
        match signer {
            Some(signer) => self.sign(tenant, policy, &known.digest, signer, by).await,
            None => Ok(()),
        }
    }
}
