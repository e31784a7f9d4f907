//! Decisions: who asked to come in, when, and what was said.
//!
//! Not for: what stands in a record; it is kept as it comes.

use std::time::SystemTime;

use vestibule_domain::TenantName;

use crate::database::read;
use crate::page::{AFTER_ALL, MAX_PAGE_BYTES};
use crate::statement::{Insert, NewRow};
use crate::time::{from_millis, to_millis};
use crate::{Administrators, Error, Page, Reader, Store};

static ADD: Insert = Insert {
    into: "insert into decision (tenant, decision_id, at_ms, user_name, outcome, cause, record)",
    columns: 7,
    on_conflict: "",
    returns_key: false,
};
const ONE: &str = "
    select decision_id, at_ms, user_name, outcome, cause, record from decision
    where tenant = $1 and decision_id = $2";
/// What a filter leaves out is null. There is no index for users: every login would pay for it. So it is bounded how many are looked at,
/// and the next page goes on from there. The lengths of records stand apart from them in both databases: which ones are on the page is
/// known before one is read.
const FIND: &str = "
    with looked as (
        select decision_id, at_ms, user_name, outcome, cause, octet_length(record) as length from decision
        where tenant = $1 and decision_id < $2
        order by decision_id desc limit $3
    ), found as (
        select decision_id, length from looked
        where user_name = coalesce($4, user_name) and outcome = coalesce($5, outcome) and ($6 is null or cause = $6)
        and at_ms >= $7 and at_ms < $8
        order by decision_id desc limit $9 + 1
    ), page as (
        select decision_id as id, row_number() over ids as place, sum(length) over ids as total,
            lead(decision_id) over ids is not null as more
        from found window ids as (order by decision_id desc)
    )
    select decision_id, decision.at_ms, user_name, outcome, cause, record, more
    from page cross join decision
    where decision.tenant = $1 and decision_id = id and place <= $9 and (total <= $10 or place = 1)
    order by decision_id desc";
/// The last one that a search has looked at, if there may be others before it.
const LOOKED_UNTIL: &str = "
    select decision_id, at_ms from decision where tenant = $1 and decision_id < $2
    order by decision_id desc limit 1 offset $3 - 1";
const AFTER: &str = "
    with page as (
        select decision_id as id, row_number() over ids as place, sum(octet_length(record)) over ids as total
        from (
            select decision_id, record from decision where tenant = $1 and decision_id > $2
            order by decision_id limit $3
        ) as found
        window ids as (order by decision_id)
    )
    select decision_id, at_ms, user_name, outcome, cause, record
    from page cross join decision
    where decision.tenant = $1 and decision_id = id and (total <= $4 or place = 1)
    order by decision_id";

/// The most that one search looks at: some ten milliseconds.
pub const LOOKED_AT: u32 = 10_000;
/// How much later a decision may have been made than its place in the list says: ids are made when it is decided, its time is when the
/// login came.
const OUT_OF_ORDER_MS: i64 = 3_600_000;

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow {
    /// Its name among the tenant's decisions. A later decision has a greater one: they are listed in this order.
    pub id: String,
    /// When it was made. Kept to the millisecond.
    pub at: SystemTime,
    /// About whom.
    pub user: String,
    /// What was decided, in a word.
    pub outcome: String,
    /// The code of the fault that decided it, if one did.
    pub cause: Option<String>,
    /// All of it, as JSON.
    pub record: String,
}

/// Which decisions to find: those of which everything that is given is true.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DecisionFilter {
    /// About this user.
    pub user: Option<String>,
    /// With this outcome.
    pub outcome: Option<String>,
    /// With this cause.
    pub cause: Option<String>,
    /// Made then or later.
    pub since: Option<SystemTime>,
    /// Made before.
    pub until: Option<SystemTime>,
}

type Columns = (String, i64, String, String, Option<String>, String);
/// And whether another one follows that is found.
type Listed = (String, i64, String, String, Option<String>, String, bool);

impl From<Columns> for DecisionRow {
    fn from((id, at, user, outcome, cause, record): Columns) -> Self {
        Self { id, at: from_millis(at), user, outcome, cause, record }
    }
}

impl From<Listed> for DecisionRow {
    fn from((id, at, user, outcome, cause, record, _): Listed) -> Self {
        Self::from((id, at, user, outcome, cause, record))
    }
}

impl DecisionRow {
    /// How much is kept of it.
    pub(crate) fn bytes(&self) -> usize {
        self.record.len()
    }

    pub(crate) fn add(&self, tenant: &TenantName) -> NewRow {
        let row = NewRow::of(&ADD).text(tenant.as_str()).text(&self.id).number(to_millis(self.at));
        let row = row.text(&self.user).text(&self.outcome).maybe_text(self.cause.as_deref());
        row.text(&self.record)
    }
}

impl Store<Administrators> {
    /// The last decisions that a filter finds, newest first, or those before an id: the next page after where the one before ended. Of
    /// those before it looks at the last [`LOOKED_AT`] and no others, so that a page may have fewer than `count`, or none, and yet another
    /// one may follow.
    ///
    /// # Errors
    /// [`Error::Busy`]; [`Error::TooSlow`]; the database's.
    pub async fn find_decisions(
        &self,
        tenant: &TenantName,
        filter: &DecisionFilter,
        count: u32,
        before: Option<&str>,
    ) -> Result<Page<DecisionRow>, Error> {
        if count == 0 {
            return Ok(Page::default());
        }
        let DecisionFilter { user, outcome, cause, since, until } = filter;
        let (since, until) = (since.map_or(i64::MIN, to_millis), until.map_or(i64::MAX, to_millis));
        let (before, count) = (before.unwrap_or(AFTER_ALL), i64::from(count.min(LOOKED_AT)));
        let rows: Vec<Listed> = read!(self, Some(tenant), on => {
            let query = sqlx::query_as(FIND).bind(tenant.as_str()).bind(before).bind(i64::from(LOOKED_AT));
            let query = query.bind(user.as_deref()).bind(outcome.as_deref()).bind(cause.as_deref());
            query.bind(since).bind(until).bind(count).bind(MAX_PAGE_BYTES).fetch_all(on)
        })?;
        let more = rows.last().is_some_and(|(.., more)| *more);
        let rows: Vec<_> = rows.into_iter().map(DecisionRow::from).collect();
        let next = if more {
            rows.last().map(|row| row.id.clone())
        } else {
            self.looked_until(tenant, before)
                .await?
                .filter(|(_, at)| *at >= since.saturating_sub(OUT_OF_ORDER_MS))
                .map(|(id, _)| id)
        };
        Ok(Page { rows, next })
    }

    async fn looked_until(&self, tenant: &TenantName, before: &str) -> Result<Option<(String, i64)>, Error> {
        read!(self, Some(tenant), on => {
            sqlx::query_as(LOOKED_UNTIL).bind(tenant.as_str()).bind(before).bind(i64::from(LOOKED_AT)).fetch_optional(on)
        })
    }

    /// The first decisions after an id, oldest first; the empty one is before all. For who follows the log: as ids are made before
    /// they are stored, one that is stored late may have a smaller id than one that has been read. There are fewer than `count`, but at
    /// least one, where they are large.
    ///
    /// # Errors
    /// [`Error::Busy`]; [`Error::TooSlow`]; the database's.
    pub async fn decisions_after(
        &self,
        tenant: &TenantName,
        after: &str,
        count: u32,
    ) -> Result<Vec<DecisionRow>, Error> {
        let count = i64::from(count);
        let rows: Vec<Columns> = read!(self, Some(tenant), on => {
            let query = sqlx::query_as(AFTER).bind(tenant.as_str()).bind(after).bind(count);
            query.bind(MAX_PAGE_BYTES).fetch_all(on)
        })?;
        Ok(rows.into_iter().map(DecisionRow::from).collect())
    }
}

impl<R: Reader> Store<R> {
    /// One decision, if it is known.
    ///
    /// # Errors
    /// The database's.
    pub async fn decision(&self, tenant: &TenantName, id: &str) -> Result<Option<DecisionRow>, Error> {
        let row: Option<Columns> =
            read!(self, Some(tenant), on => sqlx::query_as(ONE).bind(tenant.as_str()).bind(id).fetch_optional(on))?;
        Ok(row.map(DecisionRow::from))
    }
}
