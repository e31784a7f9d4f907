//! Decisions: who asked to come in, when, and what was said.
//!
//! Not for: what stands in a record; it is kept as it comes.

use std::time::SystemTime;

use vestibule_domain::TenantName;

use crate::database::read;
use crate::statement::{Insert, NewRow};
use crate::time::{from_millis, to_millis};
use crate::{Error, Store};

static ADD: Insert = Insert {
    into: "insert into decision (tenant, decision_id, at_ms, user_name, outcome, cause, record)",
    columns: 7,
    on_conflict: "",
    returns_key: false,
};
const ONE: &str = "
    select decision_id, at_ms, user_name, outcome, cause, record from decision
    where tenant = $1 and decision_id = $2";
/// What a filter leaves out is null. There is no index for users: every login would pay for it, and a page that is full before the
/// log ends needs none.
const FIND: &str = "
    select decision_id, at_ms, user_name, outcome, cause, record from decision
    where tenant = $1
    and user_name = coalesce($3, user_name) and outcome = coalesce($4, outcome) and ($5 is null or cause = $5)
    and at_ms >= $6 and at_ms < $7
    order by decision_id desc limit $2";
const FIND_BEFORE: &str = "
    select decision_id, at_ms, user_name, outcome, cause, record from decision
    where tenant = $1 and decision_id < (select decision_id from decision where tenant = $1 and decision_id = $8)
    and user_name = coalesce($3, user_name) and outcome = coalesce($4, outcome) and ($5 is null or cause = $5)
    and at_ms >= $6 and at_ms < $7
    order by decision_id desc limit $2";
const AFTER: &str = "
    select decision_id, at_ms, user_name, outcome, cause, record from decision
    where tenant = $1 and decision_id > $2
    order by decision_id limit $3";

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

impl From<Columns> for DecisionRow {
    fn from((id, at, user, outcome, cause, record): Columns) -> Self {
        Self { id, at: from_millis(at), user, outcome, cause, record }
    }
}

impl DecisionRow {
    pub(crate) fn add(&self, tenant: &TenantName) -> NewRow {
        let row = NewRow::of(&ADD).text(tenant.as_str()).text(&self.id).number(to_millis(self.at));
        let row = row.text(&self.user).text(&self.outcome).maybe_text(self.cause.as_deref());
        row.text(&self.record)
    }
}

impl Store {
    /// The last decisions that a filter finds, newest first, or those before one of them: the next page after its
    /// last row. None if `before` is not known.
    ///
    /// It looks from the newest one on until it has found enough: rare ones in a long log take long, or too long.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if it took too long; the database's.
    pub async fn find_decisions(
        &self,
        tenant: &TenantName,
        filter: &DecisionFilter,
        count: u32,
        before: Option<&str>,
    ) -> Result<Vec<DecisionRow>, Error> {
        let DecisionFilter { user, outcome, cause, since, until } = filter;
        let (since, until) = (since.map_or(i64::MIN, to_millis), until.map_or(i64::MAX, to_millis));
        let (sql, count) = (if before.is_some() { FIND_BEFORE } else { FIND }, i64::from(count));
        let rows: Vec<Columns> = read!(self, on => {
            let query = sqlx::query_as(sql).bind(tenant.as_str()).bind(count).bind(user.as_deref());
            let query = query.bind(outcome.as_deref()).bind(cause.as_deref()).bind(since).bind(until);
            let query = match before {
                Some(id) => query.bind(id),
                None => query,
            };
            query.fetch_all(on)
        })?;
        Ok(rows.into_iter().map(DecisionRow::from).collect())
    }

    /// The first decisions after an id, oldest first; the empty one is before all. For who follows the log: as ids are made before
    /// they are stored, one that is stored late may have a smaller id than one that has been read.
    ///
    /// # Errors
    /// The database's.
    pub async fn decisions_after(
        &self,
        tenant: &TenantName,
        after: &str,
        count: u32,
    ) -> Result<Vec<DecisionRow>, Error> {
        let count = i64::from(count);
        let rows: Vec<Columns> = read!(self, on =>
            sqlx::query_as(AFTER).bind(tenant.as_str()).bind(after).bind(count).fetch_all(on))?;
        Ok(rows.into_iter().map(DecisionRow::from).collect())
    }

    /// One decision, if it is known.
    ///
    /// # Errors
    /// The database's.
    pub async fn decision(&self, tenant: &TenantName, id: &str) -> Result<Option<DecisionRow>, Error> {
        let row: Option<Columns> =
            read!(self, on => sqlx::query_as(ONE).bind(tenant.as_str()).bind(id).fetch_optional(on))?;
        Ok(row.map(DecisionRow::from))
    }
}
