//! Revisions of a tenant's chain: which policies run, with which settings and grants, and which ones ran before.
//!
//! Not for: what the links of a chain say; they are kept as they come. Going back is activating the links of an old revision anew.

use std::time::SystemTime;

use vestibule_domain::TenantName;

use crate::audit::By;
use crate::database::read;
use crate::error::ActivateError;
use crate::page::MAX_PAGE_BYTES;
use crate::registry::{Change, Outcome, number_in};
use crate::statement::Statement;
use crate::time::{from_millis, to_millis};
use crate::{Administrators, Error, Reader, Store, tenants, versions};

/// How many revisions of a tenant are kept, the active one among them.
pub const KEPT_REVISIONS: u32 = 100;

const ACTIVE: &str = "
    select number, links, created_ms, actor, note
    from chain join revision on revision.tenant = chain.tenant and revision.number = chain.revision
    where chain.tenant = $1";
const ONE: &str = "select number, links, created_ms, actor, note from revision where tenant = $1 and number = $2";
const LAST: &str = "
    with page as (
        select id, row_number() over ids as place, sum(length) over ids as total
        from (
            select number as id, octet_length(links) + octet_length(note) as length from revision
            where tenant = $1 and number < $3 order by number desc limit $2
        ) as found
        window ids as (order by id desc)
    )
    select number, links, created_ms, actor, note from page cross join revision
    where tenant = $1 and number = id and (total <= $4 or place = 1)
    order by number desc";
const ACTIVE_IS: &str = "select revision from chain where tenant = $1 and revision = $2";
const ANY_ACTIVE: &str = "select revision from chain where tenant = $1";
const ADD: &str = "
    insert into revision (tenant, number, links, created_ms, actor, note)
    select $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5 from revision where tenant = $1
    returning number";
const USE: &str = "
    insert into revision_use (tenant, revision, policy, version)
    select $1, max(number), $2, $3 from revision where tenant = $1
    on conflict do nothing";
const ACTIVATE: &str = "
    insert into chain (tenant, revision) select $1, max(number) from revision where tenant = $1
    on conflict (tenant) do update set revision = excluded.revision";
const PRUNE: &str = "
    delete from revision where tenant = $1 and number <= (
        select number from revision where tenant = $1 order by number desc limit 1 offset $2)";
const AUDIT: &str = "
    insert into audit (tenant, audit_id, at_ms, actor, origin, action, target, detail)
    select $1, $2, $3, $4, $5, $6, $7 || revision, $8 from chain where tenant = $1";

/// A chain as it was activated once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionRow {
    /// A later revision has a greater number.
    pub number: i64,
    /// What runs, as JSON.
    pub links: String,
    /// When it was activated. Kept to the millisecond.
    pub created: SystemTime,
    /// By whom.
    pub actor: String,
    /// Why.
    pub note: String,
}

type Columns = (i64, String, i64, String, String);

impl From<Columns> for RevisionRow {
    fn from((number, links, created, actor, note): Columns) -> Self {
        Self { number, links, created: from_millis(created), actor, note }
    }
}

/// Why nothing is activated.
enum NotActivated<'a> {
    ATenant,
    Expected,
    AVersion(&'a (String, i64)),
}

impl<R: Reader> Store<R> {
    /// The revision that runs now; absent if none was ever activated.
    ///
    /// # Errors
    /// The database's.
    pub async fn active_revision(&self, tenant: &TenantName) -> Result<Option<RevisionRow>, Error> {
        let row: Option<Columns> =
            read!(self, Some(tenant), on => sqlx::query_as(ACTIVE).bind(tenant.as_str()).fetch_optional(on))?;
        Ok(row.map(RevisionRow::from))
    }

    /// One revision, if it is kept.
    ///
    /// # Errors
    /// The database's.
    pub async fn revision(&self, tenant: &TenantName, number: i64) -> Result<Option<RevisionRow>, Error> {
        let row: Option<Columns> =
            read!(self, Some(tenant), on => sqlx::query_as(ONE).bind(tenant.as_str()).bind(number).fetch_optional(on))?;
        Ok(row.map(RevisionRow::from))
    }
}

impl Store<Administrators> {
    /// The last revisions, newest first, or those before a number. There are fewer than `count`, but at least one, where they are large.
    ///
    /// # Errors
    /// [`Error::Busy`]; [`Error::TooSlow`]; the database's.
    pub async fn revisions(
        &self,
        tenant: &TenantName,
        count: u32,
        before: Option<i64>,
    ) -> Result<Vec<RevisionRow>, Error> {
        let (count, before) = (i64::from(count), before.unwrap_or(i64::MAX));
        let rows: Vec<Columns> = read!(self, Some(tenant), on =>
            sqlx::query_as(LAST).bind(tenant.as_str()).bind(count).bind(before).bind(MAX_PAGE_BYTES).fetch_all(on))?;
        Ok(rows.into_iter().map(RevisionRow::from).collect())
    }
}

impl<R: Reader> Store<R> {
    /// Makes a new revision the active one, if the active one is still `expected`; none, if none was ever activated. `uses` are
    /// the versions that the links name: they are kept as long as the revision is active. Returns the revision's number: one
    /// more than the last one's. Of the older revisions, the last ones are kept, [`KEPT_REVISIONS`] with this one.
    ///
    /// # Errors
    /// [`ActivateError`]; [`Error::UnknownTenant`] in it. Nothing has changed then, except where a connection broke while it was
    /// committed.
    pub async fn activate(
        &self,
        tenant: &TenantName,
        expected: Option<i64>,
        links: &str,
        uses: &[(String, i64)],
        note: &str,
        by: &By,
    ) -> Result<i64, ActivateError> {
        let of_tenant = |sql| Statement::new(sql).text(tenant.as_str());
        let change = Change::of(tenant).needs(tenants::known(tenant), NotActivated::ATenant);
        let change = match expected {
            Some(number) => change
                .needs(Statement::returning(ACTIVE_IS).text(tenant.as_str()).number(number), NotActivated::Expected),
            None => change.forbids(Statement::returning(ANY_ACTIVE).text(tenant.as_str()), NotActivated::Expected),
        };
        let change = uses.iter().fold(change, |change, version| {
            change.needs(versions::known(tenant, &version.0, version.1), NotActivated::AVersion(version))
        });
        let add = Statement::returning(ADD).text(tenant.as_str()).text(links).number(to_millis(by.at));
        let change = change.then(add.text(&by.actor).text(note));
        let names = uses.iter().map(|(policy, number)| of_tenant(USE).text(policy).number(*number));
        let change = names.fold(change, Change::then);
        let change = change.then(of_tenant(ACTIVATE)).then(of_tenant(PRUNE).number(KEPT_REVISIONS.into()));
        let named: Vec<_> = uses.iter().map(|(policy, number)| format!("{policy} {number}")).collect();
        let detail = serde_json::json!({ "versions": named, "note": note }).to_string();
        let change = change.then(by.found(AUDIT, tenant, "revision.activate", "", &detail));
        match self.change(change).await? {
            Outcome::Stopped(NotActivated::ATenant, _) => Err(Error::UnknownTenant(tenant.clone()).into()),
            Outcome::Stopped(NotActivated::Expected, _) => Err(ActivateError::Conflict),
            Outcome::Stopped(NotActivated::AVersion((policy, number)), _) => {
                Err(ActivateError::NoVersion { policy: policy.clone(), number: *number })
            }
            Outcome::Done(answers) => Ok(number_in(&answers)?),
        }
    }
}
