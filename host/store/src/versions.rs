//! The versions of a policy: components under numbers, none of which ever changes.
//!
//! Not for: how one comes to be; see `add`.

mod add;

use std::time::SystemTime;

use vestibule_domain::TenantName;

use crate::audit::By;
use crate::components::DELETE_ORPHANS;
use crate::database::read;
use crate::page::MAX_PAGE_BYTES;
use crate::policies::Deleted;
use crate::registry::Change;
use crate::statement::Statement;
use crate::time::from_millis;
use crate::{Administrators, Component, Error, Reader, Store};

pub use add::{Added, NewVersion, Room};

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
const HELD: &str = "select number from policy_version where tenant = $1 and digest = $2 limit 1";
const COMPONENT_OF: &str = "
    select digest from policy_version where tenant = $1 and source = $2
    order by created_ms desc, policy
    limit 1";
const KNOWN: &str = "select number from policy_version where tenant = $1 and policy = $2 and number = $3";
const USED: &str = "
    select version from revision_use join chain using (tenant, revision)
    where tenant = $1 and policy = $2 and version = $3";
const DELETE_REVISIONS: &str = "
    delete from revision where tenant = $1 and number in (
        select revision from revision_use where tenant = $1 and policy = $2 and version = $3)";
const DELETE: &str = "delete from policy_version where tenant = $1 and policy = $2 and number = $3";

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
