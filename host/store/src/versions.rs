//! The versions of a policy: components under numbers, none of which ever changes.
//!
//! Not for: whether a component is any good, or what its manifest says; both are kept as they come.

use std::time::SystemTime;

use vestibule_domain::TenantName;

use crate::audit::By;
use crate::database::read;
use crate::page::MAX_PAGE_BYTES;
use crate::policies::Deleted;
use crate::registry::{Change, Outcome, number_in};
use crate::statement::{Statement, as_number};
use crate::time::{from_millis, to_millis};
use crate::{AddError, Administrators, Component, Error, Reader, Store, components, signatures, tenants};

const LAST: &str = "
    with page as (
        select id, row_number() over ids as place, sum(length) over ids as total
        from (
            select number as id, octet_length(manifest) as length from policy_version
            where tenant = $1 and policy = $2 and number < $4 order by number desc limit $3
        ) as found
        window ids as (order by id desc)
    )
    select policy, number, digest, coalesce(source, digest), manifest, bytes, created_ms, actor
    from page cross join policy_version
    where tenant = $1 and policy = $2 and number = id and (total <= $5 or place = 1)
    order by number desc";
const ONE: &str = "
    select policy, number, digest, coalesce(source, digest), manifest, bytes, created_ms, actor from policy_version
    where tenant = $1 and policy = $2 and number = $3";
const BYTES: &str = "select cast(coalesce(sum(bytes), 0) as bigint) from policy_version where tenant = $1";
const FULL: &str = "
    select stored from (
        select cast(coalesce(sum(bytes), 0) as bigint) as stored from policy_version where tenant = $1) as held
    where stored > $2";
const ENOUGH_POLICIES: &str = "
    select policies from (select count(*) as policies from policy where tenant = $1) as held
    where policies >= $3 and not exists (select name from policy where tenant = $1 and name = $2)";
const HELD: &str = "select number from policy_version where tenant = $1 and digest = $2 limit 1";
const COMPONENT_OF: &str = "
    select digest from policy_version where tenant = $1 and source = $2
    order by created_ms desc, policy
    limit 1";
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
const KNOWN: &str = "select number from policy_version where tenant = $1 and policy = $2 and number = $3";
const USED: &str = "
    select version from revision_use join chain using (tenant, revision)
    where tenant = $1 and policy = $2 and version = $3";
const DELETE_REVISIONS: &str = "
    delete from revision where tenant = $1 and number in (
        select revision from revision_use where tenant = $1 and policy = $2 and version = $3)";
const DELETE: &str = "delete from policy_version where tenant = $1 and policy = $2 and number = $3";
/// Components that no version of anybody names.
pub(crate) const DELETE_ORPHANS: &str = "
    delete from component
    where not exists (select number from policy_version where policy_version.digest = component.digest)";

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

/// A version. Its component is read by its digest: see [`Store::component`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRow {
    /// What the tenant calls the policy.
    pub policy: String,
    /// Which version it is. No other one of this policy ever had or gets this number.
    pub number: i64,
    /// The component's SHA-256 in hexadecimal.
    pub digest: String,
    /// That of the file that was uploaded; the component's where an older release has stored it.
    pub source: String,
    /// What it says about itself, as JSON.
    pub manifest: String,
    /// The component's size.
    pub bytes: u64,
    /// When it was added. Kept to the millisecond.
    pub created: SystemTime,
    /// By whom.
    pub actor: String,
}

type Columns = (String, i64, String, String, String, i64, i64, String);

impl From<Columns> for VersionRow {
    fn from((policy, number, digest, source, manifest, bytes, created, actor): Columns) -> Self {
        let (bytes, created) = (u64::try_from(bytes).unwrap_or_default(), from_millis(created));
        Self { policy, number, digest, source, manifest, bytes, created, actor }
    }
}

/// Why no version is added.
enum Not {
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
        let change = Change::of(tenant).needs(tenants::known(tenant), Not::ATenant).forbids(number, Not::New);
        let change = change.forbids(full, Not::Room).forbids(enough.number(room.policies.into()), Not::APlace);
        let change = change.needs(components::complete(digest, component), Not::Whole);
        let change = change.then(count).then(components::publish(digest)).then(add);
        let change = change.then(components::given_up(tenant, digest));
        let change = change.then(by.found(AUDIT_ADDED, tenant, "policy.version.add", policy, &detail.to_string()));
        let signature = signer.map(|signer| signatures::added(tenant, policy, digest, signer));
        let change = signature.into_iter().fold(change, Change::then);
        match self.change(change).await? {
            Outcome::Stopped(Not::ATenant, _) => Err(Error::UnknownTenant(tenant.clone()).into()),
            Outcome::Stopped(Not::Room, answer) => {
                Err(AddError::NoRoom { stored: u64::try_from(number_in(&[answer])?).unwrap_or_default() })
            }
            Outcome::Stopped(Not::APlace, _) => Err(AddError::TooManyPolicies),
            Outcome::Stopped(Not::Whole, _) => Ok(None),
            Outcome::Stopped(Not::New, answer) => {
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

impl Store<Administrators> {
    /// The last versions of a policy, newest first, or those before a number. There are fewer than `count`, but at least one, where their
    /// manifests are large.
    ///
    /// # Errors
    /// [`Error::Busy`]; [`Error::TooSlow`]; the database's.
    pub async fn versions(
        &self,
        tenant: &TenantName,
        policy: &str,
        count: u32,
        before: Option<i64>,
    ) -> Result<Vec<VersionRow>, Error> {
        let (count, before) = (i64::from(count), before.unwrap_or(i64::MAX));
        let rows: Vec<Columns> = read!(self, Some(tenant), on => {
            let query = sqlx::query_as(LAST).bind(tenant.as_str()).bind(policy).bind(count);
            query.bind(before).bind(MAX_PAGE_BYTES).fetch_all(on)
        })?;
        Ok(rows.into_iter().map(VersionRow::from).collect())
    }
}

impl<R: Reader> Store<R> {
    /// One version, if the policy has it.
    ///
    /// # Errors
    /// The database's.
    pub async fn version(&self, tenant: &TenantName, policy: &str, number: i64) -> Result<Option<VersionRow>, Error> {
        let row: Option<Columns> = read!(self, Some(tenant), on =>
            sqlx::query_as(ONE).bind(tenant.as_str()).bind(policy).bind(number).fetch_optional(on))?;
        Ok(row.map(VersionRow::from))
    }

    /// The component that was made of a file of this SHA-256, if that is a version of one of the tenant's policies.
    ///
    /// # Errors
    /// The database's.
    pub async fn component_of(&self, tenant: &TenantName, source: &str) -> Result<Option<Component<R>>, Error> {
        let row: Option<(String,)> = read!(self, Some(tenant), on => sqlx::query_as(COMPONENT_OF).bind(tenant.as_str()).bind(source).fetch_optional(on))?;
        match row {
            Some((digest,)) => self.component(tenant, &digest).await,
            None => Ok(None),
        }
    }

    /// Whether a component is a version of one of the tenant's policies.
    ///
    /// # Errors
    /// The database's.
    pub async fn holds(&self, tenant: &TenantName, digest: &str) -> Result<bool, Error> {
        let row: Option<(i64,)> = read!(self, Some(tenant), on => sqlx::query_as(HELD).bind(tenant.as_str()).bind(digest).fetch_optional(on))?;
        Ok(row.is_some())
    }
}

impl Store<Administrators> {
    /// How many bytes the components of a tenant's versions have; one that is a version of two policies counts twice.
    ///
    /// # Errors
    /// The database's.
    pub async fn stored_bytes(&self, tenant: &TenantName) -> Result<u64, Error> {
        let (bytes,): (i64,) =
            read!(self, Some(tenant), on => sqlx::query_as(BYTES).bind(tenant.as_str()).fetch_one(on))?;
        Ok(u64::try_from(bytes).unwrap_or_default())
    }
}

impl<R: Reader> Store<R> {
    /// Deletes a version and the old revisions that name it, unless the active revision does.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_version(
        &self,
        tenant: &TenantName,
        policy: &str,
        number: i64,
        by: &By,
    ) -> Result<Deleted, Error> {
        let used = Statement::returning(USED).text(tenant.as_str()).text(policy).number(number);
        let known = known(tenant, policy, number);
        let change = Change::of(tenant).needs(known, Deleted::Unknown).forbids(used, Deleted::InUse);
        let deletes = [DELETE_REVISIONS, DELETE];
        let deletes = deletes.map(|sql| Statement::new(sql).text(tenant.as_str()).text(policy).number(number));
        let change = deletes.into_iter().fold(change, Change::then).then(Statement::new(DELETE_ORPHANS));
        let target = format!("{policy} {number}");
        let change = change.then(by.did(tenant.as_str(), "policy.version.delete", &target, ""));
        let deleted = self.change(change.only_deletes()).await?.into();
        if deleted == Deleted::Done {
            self.sweep(by.at).await?;
        }
        Ok(deleted)
    }
}

/// Returns a row if there is such a version.
pub(crate) fn known(tenant: &TenantName, policy: &str, number: i64) -> Statement {
    Statement::returning(KNOWN).text(tenant.as_str()).text(policy).number(number)
}
