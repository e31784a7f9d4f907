//! Tenants: who is served here, and what was agreed with them.
//!
//! Not for: what settings and terms say; they are kept as they come.

use std::time::SystemTime;

use vestibule_domain::TenantName;

use crate::audit::{By, OPERATOR};
use crate::components::DELETE_ORPHANS;
use crate::database::read;
use crate::logs::{MAX_DELETED_BYTES, delete_oldest};
use crate::page::MAX_PAGE_BYTES;
use crate::queue::{LockKey, Write};
use crate::registry::Change;
use crate::statement::Statement;
use crate::time::{from_millis, to_millis};
use crate::{Administrators, Error, Log, PruneFilter, Reader, Store};

const ONE: &str = "select tenant, settings, terms, created_ms from tenant where tenant = $1";
const PAGE: &str = "
    with page as (
        select name, row_number() over names as place, sum(length) over names as total
        from (
            select tenant as name, octet_length(settings) + octet_length(terms) as length from tenant
            where tenant > $1 order by tenant limit $2
        ) as found
        window names as (order by name)
    )
    select tenant, settings, terms, created_ms from page cross join tenant
    where tenant = name and (total <= $3 or place = 1)
    order by name";
const CREATE: &str = "
    insert into tenant (tenant, settings, terms, created_ms) values ($1, $2, $3, $4) on conflict do nothing";
const SET: &str = "update tenant set settings = coalesce($2, settings), terms = coalesce($3, terms) where tenant = $1";
const KNOWN: &str = "select created_ms from tenant where tenant = $1";
/// In the order in which logins lock them.
const LOCK: [&str; 2] = [
    "select name from profile where tenant = $1 order by name for update",
    "select name from password where tenant = $1 order by name for update",
];
/// What there may be much of, besides logs.
const DELETE_FIRST: [&str; 3] = [
    delete_oldest!("challenge", "challenge_id", "octet_length(state)"),
    delete_oldest!("session", "session_id", "octet_length(state)"),
    delete_oldest!("profile", "name", "octet_length(properties)"),
];
const LOCK_FIRST: [&str; 2] = [
    "select name from profile where tenant = $1 order by name limit $2 for update",
    "select name from password where tenant = $1 order by name limit $2 for update",
];
/// What refers to others before what they refer to.
const DELETE: [&str; 10] = [
    "delete from component_upload where tenant = $1",
    "delete from chain where tenant = $1",
    "delete from revision where tenant = $1",
    "delete from policy where tenant = $1",
    "delete from profile where tenant = $1",
    "delete from challenge where tenant = $1",
    "delete from session where tenant = $1",
    "delete from decision where tenant = $1",
    "delete from token where tenant = $1",
    "delete from audit where tenant = $1",
];
const DELETE_TENANT: &str = "delete from tenant where tenant = $1";
/// How many rows of a table of a deleted tenant go at a time.
const AT_ONCE: u32 = 1_000;

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantRow {
    /// Its name.
    pub name: TenantName,
    /// What it may change itself, as JSON.
    pub settings: String,
    /// How much it may use, as JSON.
    pub terms: String,
    /// Since when it is there. Kept to the millisecond.
    pub created: SystemTime,
}

type Columns = (String, String, String, i64);

impl TryFrom<Columns> for TenantRow {
    type Error = Error;

    fn try_from((name, settings, terms, created): Columns) -> Result<Self, Error> {
        Ok(Self { name: stored_name(name)?, settings, terms, created: from_millis(created) })
    }
}

impl<R: Reader> Store<R> {
    /// Makes a tenant. Returns whether there was none of that name.
    ///
    /// # Errors
    /// The database's.
    pub async fn create_tenant(&self, tenant: &TenantRow, by: &By) -> Result<bool, Error> {
        let TenantRow { name, settings, terms, created } = tenant;
        let create = Statement::new(CREATE).text(name.as_str()).text(settings).text(terms);
        let change = Change::of(name).needs(create.number(to_millis(*created)), ());
        let change = change.then(by.did(name.as_str(), "tenant.create", name.as_str(), ""));
        Ok(self.change(change.by_the_operator()).await?.is_done())
    }

    /// A tenant, if there is one of that name.
    ///
    /// # Errors
    /// The database's.
    pub async fn tenant(&self, name: &TenantName) -> Result<Option<TenantRow>, Error> {
        let row: Option<Columns> =
            read!(self, Some(name), on => sqlx::query_as(ONE).bind(name.as_str()).fetch_optional(on))?;
        row.map(TenantRow::try_from).transpose()
    }
}

impl Store<Administrators> {
    /// The first tenants by name, or the first after a name. There are fewer than `count`, but at least one, where they are large.
    ///
    /// # Errors
    /// [`Error::Busy`]; [`Error::TooSlow`]; the database's.
    pub async fn tenants(&self, after: Option<&str>, count: u32) -> Result<Vec<TenantRow>, Error> {
        let (after, count) = (after.unwrap_or_default(), i64::from(count));
        let rows: Vec<Columns> =
            read!(self, None, on => sqlx::query_as(PAGE).bind(after).bind(count).bind(MAX_PAGE_BYTES).fetch_all(on))?;
        rows.into_iter().map(TenantRow::try_from).collect()
    }
}

impl<R: Reader> Store<R> {
    /// Replaces what is given of a tenant's settings and terms. Returns whether there is such a tenant.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_tenant(
        &self,
        name: &TenantName,
        settings: Option<&str>,
        terms: Option<&str>,
        by: &By,
    ) -> Result<bool, Error> {
        let set = Statement::new(SET).text(name.as_str()).maybe_text(settings).maybe_text(terms);
        let change = Change::of(name).needs(set, ());
        let change = change.then(by.did(name.as_str(), "tenant.set", name.as_str(), ""));
        let change = if terms.is_some() { change.by_the_operator() } else { change };
        Ok(self.change(change).await?.is_done())
    }

    /// Deletes a tenant and everything that is its own: users, groups, passwords, policies with their signatures and secrets,
    /// revisions with their trials, challenges, sessions, decisions, tokens and audit log, and the components that nobody names any
    /// more. The deletion itself stands in the operator's log. Returns whether there was such a tenant.
    ///
    /// What there may be much of goes first, some at a time, so that nobody else's login waits for all of it; everything else goes at once.
    /// A login that is under way meanwhile may still leave its decision behind.
    ///
    /// # Errors
    /// [`Error::Locked`] if logins of this tenant were in the way, to be tried again; the database's.
    pub async fn delete_tenant(&self, name: &TenantName, by: &By) -> Result<bool, Error> {
        if self.tenant(name).await?.is_none() {
            return Ok(false);
        }
        for sql in DELETE_FIRST {
            while self.delete_first(sql, name).await? {}
        }
        for log in [Log::Decisions, Log::Audit] {
            while self.prune(log, Some(name), PruneFilter::default(), AT_ONCE).await? > 0 {}
        }
        let deletes = DELETE.map(|sql| Statement::new(sql).text(name.as_str()));
        let locks = LOCK.map(|sql| Statement::locking(sql).text(name.as_str()));
        let change = Change::of(name).needs(known(name), ());
        let change = locks.into_iter().chain(deletes).fold(change, Change::then);
        let change = change.then(Statement::new(DELETE_ORPHANS));
        let change = change.then(Statement::new(DELETE_TENANT).text(name.as_str()));
        let change = change.then(by.did(OPERATOR, "tenant.delete", name.as_str(), ""));
        let deleted = self.change(change.only_deletes()).await?.is_done();
        if deleted {
            self.0.disk.forget(name);
            self.0.uncounted.forget(name);
            self.sweep(by.at).await?;
        }
        Ok(deleted)
    }

    /// Returns whether there was any. On behalf of the host, and by a transaction of its own: with those of logins it would lock their rows
    /// out of order.
    async fn delete_first(&self, sql: &'static str, name: &TenantName) -> Result<bool, Error> {
        let locks = LOCK_FIRST.map(|sql| Statement::locking(sql).text(name.as_str()).number(AT_ONCE.into()));
        let delete = Statement::new(sql).text(name.as_str()).number(AT_ONCE.into()).number(MAX_DELETED_BYTES);
        let writes = locks.into_iter().chain([delete]).map(Write::from).collect();
        let answers = self.0.registry.write(LockKey::default(), writes).await?;
        Ok(answers.last().is_some_and(|answer| answer.rows > 0))
    }
}

/// Returns a row if there is such a tenant.
pub(crate) fn known(name: &TenantName) -> Statement {
    Statement::returning(KNOWN).text(name.as_str())
}

/// A name as it was read.
pub(crate) fn stored_name(name: String) -> Result<TenantName, Error> {
    TenantName::new(name).map_err(|error| Error::Corrupt(error.to_string()))
}
