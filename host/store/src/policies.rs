//! A tenant's policies by name, each with the settings and grants that its next activation takes.
//!
//! Not for: what runs now; that is the active revision, with settings and grants of its own.

use vestibule_domain::TenantName;

use crate::audit::By;
use crate::components::DELETE_ORPHANS;
use crate::database::read;
use crate::page::MAX_PAGE_BYTES;
use crate::registry::{Change, Outcome};
use crate::statement::Statement;
use crate::{Administrators, Error, Page, Reader, Store};

const PAGE: &str = "
    with found as (
        select name as id, octet_length(settings) + octet_length(grants) as length from policy
        where tenant = $1 and name > $2 order by name limit $3 + 1
    ), page as (
        select id, row_number() over ids as place, sum(length) over ids as total, lead(id) over ids is not null as more
        from found window ids as (order by id)
    )
    select name, settings, grants, (select max(number) from policy_version
        where policy_version.tenant = policy.tenant and policy_version.policy = policy.name), more
    from page cross join policy
    where tenant = $1 and name = id and place <= $3 and (total <= $4 or place = 1)
    order by name";
const ONE: &str = "
    select name, settings, grants, (select max(number) from policy_version
        where policy_version.tenant = policy.tenant and policy_version.policy = policy.name)
    from policy where tenant = $1 and name = $2";
const SET: &str = "
    update policy set settings = coalesce($3, settings), grants = coalesce($4, grants)
    where tenant = $1 and name = $2";
const KNOWN: &str = "select last_version from policy where tenant = $1 and name = $2";
const USED: &str = "
    select version from revision_use join chain using (tenant, revision) where tenant = $1 and policy = $2 limit 1";
const DELETE_REVISIONS: &str = "
    delete from revision where tenant = $1 and number in (
        select revision from revision_use where tenant = $1 and policy = $2)";
const DELETE: &str = "delete from policy where tenant = $1 and name = $2";

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRow {
    /// What the tenant calls it.
    pub name: String,
    /// Its settings, as JSON.
    pub settings: String,
    /// Its grants, as JSON.
    pub grants: String,
    /// The greatest number among its versions; absent if all have been deleted.
    pub latest: Option<i64>,
}

/// What came of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// It is gone.
    Done,
    /// The active revision uses it.
    InUse,
    /// There was none.
    Unknown,
}

impl From<Outcome<Self>> for Deleted {
    fn from(outcome: Outcome<Self>) -> Self {
        match outcome {
            Outcome::Done(_) => Self::Done,
            Outcome::Stopped(why, _) => why,
        }
    }
}

type Columns = (String, String, String, Option<i64>);
/// And whether another one follows.
type Listed = (String, String, String, Option<i64>, bool);

impl From<Columns> for PolicyRow {
    fn from((name, settings, grants, latest): Columns) -> Self {
        Self { name, settings, grants, latest }
    }
}

impl Store<Administrators> {
    /// The first of a tenant's policies by name, or the first after a name. There are fewer than `count` on the page, but at least one,
    /// where they are large.
    ///
    /// # Errors
    /// [`Error::Busy`]; [`Error::TooSlow`]; the database's.
    pub async fn policies(
        &self,
        tenant: &TenantName,
        count: u32,
        after: Option<&str>,
    ) -> Result<Page<PolicyRow>, Error> {
        let (count, after) = (i64::from(count), after.unwrap_or_default());
        let rows: Vec<Listed> = read!(self, Some(tenant), on => {
            let query = sqlx::query_as(PAGE).bind(tenant.as_str()).bind(after).bind(count);
            query.bind(MAX_PAGE_BYTES).fetch_all(on)
        })?;
        let more = rows.last().is_some_and(|(.., more)| *more);
        let rows =
            rows.into_iter().map(|(name, settings, grants, latest, _)| PolicyRow { name, settings, grants, latest });
        let rows: Vec<_> = rows.collect();
        let next = rows.last().filter(|_| more).map(|row| row.name.clone());
        Ok(Page { rows, next })
    }
}

impl<R: Reader> Store<R> {
    /// One policy, if there is one of that name.
    ///
    /// # Errors
    /// The database's.
    pub async fn policy(&self, tenant: &TenantName, name: &str) -> Result<Option<PolicyRow>, Error> {
        let row: Option<Columns> =
            read!(self, Some(tenant), on => sqlx::query_as(ONE).bind(tenant.as_str()).bind(name).fetch_optional(on))?;
        Ok(row.map(PolicyRow::from))
    }

    /// Replaces what is given of a policy's settings and grants. Returns whether there is such a policy.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_policy(
        &self,
        tenant: &TenantName,
        name: &str,
        settings: Option<&str>,
        grants: Option<&str>,
        by: &By,
    ) -> Result<bool, Error> {
        let set = Statement::new(SET).text(tenant.as_str()).text(name).maybe_text(settings).maybe_text(grants);
        let change = Change::of(tenant).needs(set, ());
        let change = change.then(by.did(tenant.as_str(), "policy.set", name, ""));
        Ok(self.change(change).await?.is_done())
    }

    /// Deletes a policy with its versions and secrets and the old revisions that name it, unless the active revision does.
    /// Another policy of that name counts its versions from 1 again.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_policy(&self, tenant: &TenantName, name: &str, by: &By) -> Result<Deleted, Error> {
        let used = Statement::returning(USED).text(tenant.as_str()).text(name);
        let change = Change::of(tenant).needs(known(tenant, name), Deleted::Unknown).forbids(used, Deleted::InUse);
        let deletes = [DELETE_REVISIONS, DELETE].map(|sql| Statement::new(sql).text(tenant.as_str()).text(name));
        let change = deletes.into_iter().fold(change, Change::then).then(Statement::new(DELETE_ORPHANS));
        let change = change.then(by.did(tenant.as_str(), "policy.delete", name, ""));
        let deleted = self.change(change.only_deletes()).await?.into();
        if deleted == Deleted::Done {
            self.sweep(by.at).await?;
        }
        Ok(deleted)
    }
}

/// Returns a row if there is such a policy.
pub(crate) fn known(tenant: &TenantName, name: &str) -> Statement {
    Statement::returning(KNOWN).text(tenant.as_str()).text(name)
}
