//! The two logs that grow for as long as somebody is served: how long they are, and how their oldest rows go.
//!
//! Not for: what stands in them; see `decisions` and `audit`.

use std::time::SystemTime;

use vestibule_domain::TenantName;

use crate::audit::name_of;
use crate::database::read;
use crate::queue::LockKey;
use crate::statement::{Statement, as_number};
use crate::time::to_millis;
use crate::{Administrators, Error, Reader, Store};

/// What a row takes besides its long columns, with what finds it.
pub(crate) const ROW_BYTES: u64 = 256;
/// The most bytes of long columns that one transaction deletes, unless the only row has more: other writes wait meanwhile.
pub(crate) const MAX_DELETED_BYTES: i64 = 4 << 20;

/// How many rows a tenant has after a key, of the first so many, and what their long columns have together. Lengths stand apart from texts
/// in both databases.
macro_rules! log_span {
    ($table:literal, $key:literal, $length:literal) => {
        concat!(
            "
    select count(*), cast(coalesce(sum(length), 0) as bigint), max(id) from (
        select ",
            $key,
            " as id, ",
            $length,
            " as length from ",
            $table,
            " where tenant = $1 and ",
            $key,
            " > $2 order by ",
            $key,
            " limit $3
    ) as span"
        )
    };
}
pub(crate) use log_span;

/// Deletes the oldest rows of a tenant, by their key: of the first so many, as long as their long columns have no more together, and of
/// those the ones for which something else is true, which may be about other columns.
macro_rules! delete_oldest {
    ($table:literal, $key:literal, $length:literal) => {
        delete_oldest!($table, $key, $length, "", "")
    };
    ($table:literal, $key:literal, $length:literal, $columns:literal, $and:literal) => {
        concat!(
            "
    delete from ",
            $table,
            " where tenant = $1 and ",
            $key,
            " in (
        select id from (
            select id",
            $columns,
            ", row_number() over ids as place, sum(length) over ids as total
            from (
                select ",
            $key,
            " as id",
            $columns,
            ", ",
            $length,
            " as length from ",
            $table,
            " where tenant = $1 order by ",
            $key,
            " limit $2
            ) as oldest window ids as (order by id)
        ) as sized where (total <= $3 or place = 1)",
            $and,
            ")"
        )
    };
}
pub(crate) use delete_oldest;

/// From the newest on, so that what others delete at the other end moves it nowhere.
const NEWEST: &str = "
    select count(case when total <= $4 then 1 end), cast(coalesce(max(case when total <= $4 then total end), 0) as bigint),
        max(case when total > $4 then decision_id end)
    from (
        select decision_id, sum(length) over (order by decision_id desc) as total
        from (
            select decision_id, octet_length(record) + $5 as length from decision
            where tenant = $1 and decision_id > $2 and decision_id <= $3
        ) as part
    ) as sized";

/// A log of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Log {
    /// Its decisions.
    Decisions,
    /// Its changes; those of the operator are another one.
    Audit,
}

/// A part of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSpan {
    /// How many rows it has.
    pub rows: u64,
    /// How many bytes they take.
    pub bytes: u64,
    /// The id of the last one; absent if there is none.
    pub last: Option<String>,
}

/// What a query for a span answers.
pub(crate) type Columns = (i64, i64, Option<String>);

impl LogSpan {
    /// Of rows whose long columns have so many bytes.
    pub(crate) fn of((rows, bytes, last): Columns) -> Self {
        let [rows, bytes] = [rows, bytes].map(|count| u64::try_from(count).unwrap_or_default());
        Self { rows, bytes: bytes.saturating_add(rows.saturating_mul(ROW_BYTES)), last }
    }
}

/// What goes of a log: rows of which everything that is given is true.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PruneFilter<'a> {
    /// Made before.
    pub before: Option<SystemTime>,
    /// With this id or a smaller one.
    pub up_to: Option<&'a str>,
}

impl Log {
    // Ids grow with time: those that are listed first are the oldest, and nothing else is looked at while logins wait.
    const fn prune(self) -> &'static str {
        macro_rules! past {
            ($table:literal, $key:literal, $length:literal) => {
                delete_oldest!($table, $key, $length, ", at_ms", " and at_ms < $4 and id <= coalesce($5, id)")
            };
        }
        match self {
            Self::Decisions => past!("decision", "decision_id", "octet_length(record)"),
            Self::Audit => past!("audit", "audit_id", "octet_length(detail) + octet_length(target)"),
        }
    }

    pub(crate) const fn log_span(self) -> &'static str {
        match self {
            Self::Decisions => log_span!("decision", "decision_id", "octet_length(record)"),
            Self::Audit => log_span!("audit", "audit_id", "octet_length(detail) + octet_length(target)"),
        }
    }

    const fn back(self) -> &'static str {
        match self {
            Self::Decisions => {
                "select decision_id from decision where tenant = $1 and decision_id <= $2
                order by decision_id desc limit 1 offset $3"
            }
            Self::Audit => {
                "select audit_id from audit where tenant = $1 and audit_id <= $2
                order by audit_id desc limit 1 offset $3"
            }
        }
    }
}

impl<R: Reader> Store<R> {
    /// Deletes rows of a log, oldest first, at most so many, and fewer where they are large: other writes wait meanwhile. Returns how many
    /// there were; none means that none is left, or that another process is at it.
    ///
    /// # Errors
    /// The database's.
    pub async fn prune(
        &self,
        log: Log,
        tenant: Option<&TenantName>,
        past: PruneFilter<'_>,
        at_most: u32,
    ) -> Result<u64, Error> {
        let (tenant, before) = (name_of(tenant), past.before.map_or(i64::MAX, to_millis));
        // The host's turn: a tenant that has used up its own would never be rid of anything.
        let prune = Statement::new(log.prune()).text(tenant).number(at_most.into()).number(MAX_DELETED_BYTES);
        let prune = prune.number(before).maybe_text(past.up_to);
        Ok(self.0.queue.write_one(LockKey::default(), prune).await?.rows)
    }
}

impl Store<Administrators> {
    /// The first rows of a log after an id, at most so many; the empty id is before all. No write waits meanwhile.
    ///
    /// # Errors
    /// The database's.
    pub async fn log_span(&self, log: Log, tenant: &TenantName, after: &str, at_most: u32) -> Result<LogSpan, Error> {
        self.measure(log.log_span(), tenant, after, at_most).await
    }

    /// The same by its query. It is asked on behalf of the host, and so is all that housekeeping asks: a tenant that has used up its own
    /// turns would never be counted.
    pub(crate) async fn measure(
        &self,
        sql: &'static str,
        tenant: &TenantName,
        after: &str,
        at_most: u32,
    ) -> Result<LogSpan, Error> {
        let columns: Columns = read!(self, None, on =>
            sqlx::query_as(sql).bind(tenant.as_str()).bind(after).bind(i64::from(at_most)).fetch_one(on))?;
        Ok(LogSpan::of(columns))
    }

    /// The newest of the decisions between two ids, as long as they have at most so many bytes together, and the last one before them,
    /// which is the last that has to go; absent if they all may stay.
    ///
    /// # Errors
    /// The database's.
    pub async fn newest(&self, tenant: &TenantName, after: &str, up_to: &str, bytes: u64) -> Result<LogSpan, Error> {
        let (bytes, row) = (as_number(bytes), as_number(ROW_BYTES));
        let (rows, bytes, last): Columns = read!(self, None, on => {
            let query = sqlx::query_as(NEWEST).bind(tenant.as_str()).bind(after).bind(up_to);
            query.bind(bytes).bind(row).fetch_one(on)
        })?;
        let [rows, bytes] = [rows, bytes].map(|count| u64::try_from(count).unwrap_or_default());
        Ok(LogSpan { rows, bytes, last })
    }

    /// The id of the row that comes so many before the last one up to an id; with 0, of that one. Absent if there are not so many. No
    /// write waits meanwhile.
    ///
    /// # Errors
    /// The database's.
    pub async fn back(&self, log: Log, tenant: &TenantName, from: &str, rows: u32) -> Result<Option<String>, Error> {
        let rows = i64::from(rows);
        let row: Option<(String,)> = read!(self, None, on =>
            sqlx::query_as(log.back()).bind(tenant.as_str()).bind(from).bind(rows).fetch_optional(on))?;
        Ok(row.map(|(id,)| id))
    }
}
