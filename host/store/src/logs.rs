//! The two logs that grow for as long as somebody is served: how long they are, and how their oldest rows go.
//!
//! Not for: what stands in them; see `decisions` and `audit`.

use std::time::SystemTime;

use vestibule_domain::TenantName;

use crate::audit::name_of;
use crate::database::read;
use crate::queue::Row;
use crate::statement::Statement;
use crate::time::to_millis;
use crate::{Administrators, Error, Reader, Store};

/// The most bytes of long columns that one transaction deletes, unless the only row has more: other writes wait meanwhile.
pub(crate) const MAX_DELETED_BYTES: i64 = 4 << 20;

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
pub struct Stretch {
    /// How many rows it has.
    pub rows: u64,
    /// How many bytes their long columns have.
    pub bytes: u64,
    /// The id of the last one; absent if there is none.
    pub last: Option<String>,
}

/// What goes of a log: rows of which everything that is given is true.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Past<'a> {
    /// Made before.
    pub before: Option<SystemTime>,
    /// With this id or a smaller one.
    pub up_to: Option<&'a str>,
}

impl Log {
    // Ids grow with time: those that are listed first are the oldest, and nothing else is looked at while logins wait.
    const fn prune(self) -> &'static str {
        match self {
            Self::Decisions => {
                "delete from decision where tenant = $1 and decision_id in (
                    select decision_id from (
                        select decision_id, at_ms, row_number() over ids as place, sum(length) over ids as total
                        from (
                            select decision_id, at_ms, octet_length(record) as length from decision
                            where tenant = $1 order by decision_id limit $3
                        ) as oldest window ids as (order by decision_id)
                    ) as sized
                    where at_ms < $2 and decision_id <= coalesce($4, decision_id) and (total <= $5 or place = 1))"
            }
            Self::Audit => {
                "delete from audit where tenant = $1 and audit_id in (
                    select audit_id from (
                        select audit_id, at_ms, row_number() over ids as place, sum(length) over ids as total
                        from (
                            select audit_id, at_ms, octet_length(target) + octet_length(detail) as length from audit
                            where tenant = $1 order by audit_id limit $3
                        ) as oldest window ids as (order by audit_id)
                    ) as sized
                    where at_ms < $2 and audit_id <= coalesce($4, audit_id) and (total <= $5 or place = 1))"
            }
        }
    }

    const fn stretch(self) -> &'static str {
        match self {
            Self::Decisions => {
                "select count(*), cast(coalesce(sum(length), 0) as bigint), max(decision_id) from (
                    select decision_id, octet_length(record) as length from decision where tenant = $1 and decision_id > $2
                    order by decision_id limit $3
                ) as stretch"
            }
            Self::Audit => {
                "select count(*), cast(coalesce(sum(length), 0) as bigint), max(audit_id) from (
                    select audit_id, octet_length(detail) + octet_length(target) as length from audit where tenant = $1 and audit_id > $2 order by audit_id limit $3
                ) as stretch"
            }
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
        past: Past<'_>,
        at_most: u32,
    ) -> Result<u64, Error> {
        let (tenant, before) = (name_of(tenant), past.before.map_or(i64::MAX, to_millis));
        let prune = Statement::new(log.prune()).text(tenant).number(before).number(at_most.into());
        let prune = prune.maybe_text(past.up_to).number(MAX_DELETED_BYTES);
        Ok(self.0.queue.write_one(Row::new(tenant, ""), prune).await?.rows)
    }
}

impl Store<Administrators> {
    /// The first rows of a log after an id, at most so many; the empty id is before all. No write waits meanwhile.
    ///
    /// # Errors
    /// The database's.
    pub async fn stretch(&self, log: Log, tenant: &TenantName, after: &str, at_most: u32) -> Result<Stretch, Error> {
        let at_most = i64::from(at_most);
        let (rows, bytes, last): (i64, i64, Option<String>) = read!(self, Some(tenant), on =>
            sqlx::query_as(log.stretch()).bind(tenant.as_str()).bind(after).bind(at_most).fetch_one(on))?;
        let [rows, bytes] = [rows, bytes].map(|count| u64::try_from(count).unwrap_or_default());
        Ok(Stretch { rows, bytes, last })
    }

    /// The id of the row that comes so many before the last one up to an id; with 0, of that one. Absent if there are not so many. No
    /// write waits meanwhile.
    ///
    /// # Errors
    /// The database's.
    pub async fn back(&self, log: Log, tenant: &TenantName, from: &str, rows: u32) -> Result<Option<String>, Error> {
        let rows = i64::from(rows);
        let row: Option<(String,)> = read!(self, Some(tenant), on =>
            sqlx::query_as(log.back()).bind(tenant.as_str()).bind(from).bind(rows).fetch_optional(on))?;
        Ok(row.map(|(id,)| id))
    }
}
