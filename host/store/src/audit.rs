//! The audit log: who changed what, from where, when. Each row is written together with what it tells of, or not at all.
//!
//! Not for: logins, which leave decisions; and values, which stand in no row.

use std::time::SystemTime;

use vestibule_domain::TenantName;

use crate::database::read;
use crate::ids::new_id;
use crate::page::{AFTER_ALL, MAX_PAGE_BYTES};
use crate::statement::{Bound, Insert, NewRow, Statement};
use crate::time::{from_millis, to_millis};
use crate::{Administrators, Error, Page, Store};

static ADD: Insert = Insert {
    into: "insert into audit (tenant, audit_id, at_ms, actor, origin, action, target, detail)",
    columns: 8,
    on_conflict: "",
    returns_key: false,
};
const LAST: &str = "
    with found as (
        select audit_id as id, octet_length(target) + octet_length(detail) as length from audit
        where tenant = $1 and audit_id < $2
        order by audit_id desc limit $3 + 1
    ), page as (
        select id, row_number() over ids as place, sum(length) over ids as total, lead(id) over ids is not null as more
        from found window ids as (order by id desc)
    )
    select audit_id, at_ms, actor, origin, action, target, detail, more
    from page cross join audit
    where audit.tenant = $1 and audit_id = id and place <= $3 and (total <= $4 or place = 1)
    order by audit_id desc";

/// The tenant of what is the operator's.
pub(crate) const OPERATOR: &str = "";

/// Who changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// A person's or a token's name.
    pub actor: String,
    /// From where: an address, or a command.
    pub origin: String,
    /// When. Kept to the millisecond.
    pub at: SystemTime,
}

/// One change that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its name among the tenant's. A later change has a greater one: they are listed in this order.
    pub id: String,
    /// When it was made.
    pub at: SystemTime,
    /// By whom.
    pub actor: String,
    /// From where.
    pub origin: String,
    /// What was done, such as `policy.version.add`.
    pub action: String,
    /// To what, such as `known-device 3`.
    pub target: String,
    /// More about it as a JSON object, or empty.
    pub detail: String,
}

type Columns = (String, i64, String, String, String, String, String, bool);

impl From<Columns> for AuditRow {
    fn from((id, at, actor, origin, action, target, detail, _): Columns) -> Self {
        Self { id, at: from_millis(at), actor, origin, action, target, detail }
    }
}

impl By {
    /// The row that tells of a change.
    pub(crate) fn did(&self, tenant: &str, action: &str, target: &str, detail: &str) -> NewRow {
        self.fill(NewRow::of(&ADD), tenant, action, target, detail)
    }

    /// The same by a statement that makes the target `$7` out of what it finds.
    pub(crate) fn found(
        &self,
        sql: &'static str,
        tenant: &TenantName,
        action: &str,
        target: &str,
        detail: &str,
    ) -> Statement {
        self.fill(Statement::new(sql), tenant.as_str(), action, target, detail)
    }

    fn fill<T>(&self, row: Bound<T>, tenant: &str, action: &str, target: &str, detail: &str) -> Bound<T> {
        let row = row.text(tenant).text(&new_id(self.at)).number(to_millis(self.at));
        row.text(&self.actor).text(&self.origin).text(action).text(target).text(detail)
    }
}

impl Store<Administrators> {
    /// The last changes of a tenant, or the operator's, newest first; or those before an id: the next page after where the one before
    /// ended.
    ///
    /// # Errors
    /// [`Error::Busy`]; [`Error::TooSlow`]; the database's.
    pub async fn last_audits(
        &self,
        tenant: Option<&TenantName>,
        count: u32,
        before: Option<&str>,
    ) -> Result<Page<AuditRow>, Error> {
        let (before, count) = (before.unwrap_or(AFTER_ALL), i64::from(count));
        let rows: Vec<Columns> = read!(self, tenant, on => {
            sqlx::query_as(LAST).bind(name_of(tenant)).bind(before).bind(count).bind(MAX_PAGE_BYTES).fetch_all(on)
        })?;
        let more = rows.last().is_some_and(|(.., more)| *more);
        let rows: Vec<_> = rows.into_iter().map(AuditRow::from).collect();
        let next = rows.last().filter(|_| more).map(|row| row.id.clone());
        Ok(Page { rows, next })
    }
}

/// What stands in the column of a tenant, or of the operator.
pub(crate) fn name_of(tenant: Option<&TenantName>) -> &str {
    tenant.map_or(OPERATOR, TenantName::as_str)
}
