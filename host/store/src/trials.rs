//! What was learnt of versions on trial, by every process that runs them: counts that add up, and the latest differences.
//!
//! Not for: what a difference says; it is kept as it comes.

use std::time::SystemTime;

use vestibule_domain::TenantName;

use crate::database::read;
use crate::ids::new_id;
use crate::queue::{Condition, LockKey, Write};
use crate::statement::{Insert, NewRow, Statement, as_number};
use crate::{Administrators, Error, Reader, Store};

/// How many differences of one trial are kept, the latest ones.
pub const KEPT_DIFFERENCES: usize = 100;

const COUNTS: &str = "
    select same, different, skipped, faults from trial where tenant = $1 and revision = $2 and policy = $3";
const LAST: &str = "
    select difference from trial_difference where tenant = $1 and revision = $2 and policy = $3
    order by difference_id desc limit $4";
const KNOWN: &str = "select number from revision where tenant = $1 and number = $2";
const ADD: &str = "
    insert into trial (tenant, revision, policy, same, different, skipped, faults) values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (tenant, revision, policy) do update set
        same = trial.same + excluded.same, different = trial.different + excluded.different,
        skipped = trial.skipped + excluded.skipped, faults = trial.faults + excluded.faults";
const PRUNE: &str = "
    delete from trial_difference where tenant = $1 and revision = $2 and policy = $3 and difference_id <= (
        select difference_id from trial_difference where tenant = $1 and revision = $2 and policy = $3
        order by difference_id desc limit 1 offset $4)";
static ADD_DIFFERENCE: Insert = Insert {
    into: "insert into trial_difference (tenant, revision, policy, difference_id, difference)",
    columns: 5,
    on_conflict: "",
    returns_key: false,
};

/// What was learnt of a version on trial.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrialRow {
    /// The policy that it is a version of.
    pub policy: String,
    /// Logins on which it answered as the version that decides.
    pub same: u64,
    /// Those on which it did not.
    pub different: u64,
    /// Those on which it was not compared.
    pub skipped: u64,
    /// Those on which it failed.
    pub faults: u64,
    /// The latest differences, newest last.
    pub differences: Vec<String>,
}

type Columns = (i64, i64, i64, i64);

impl Store<Administrators> {
    /// What was learnt of the version on trial for a policy since this revision was activated; of one of which nothing was, nothing.
    ///
    /// # Errors
    /// The database's.
    pub async fn trial(&self, tenant: &TenantName, revision: i64, policy: &str) -> Result<TrialRow, Error> {
        let counts: Option<Columns> = read!(self, Some(tenant), on =>
            sqlx::query_as(COUNTS).bind(tenant.as_str()).bind(revision).bind(policy).fetch_optional(on))?;
        let most = as_number(KEPT_DIFFERENCES);
        let differences: Vec<(String,)> = read!(self, Some(tenant), on =>
            sqlx::query_as(LAST).bind(tenant.as_str()).bind(revision).bind(policy).bind(most).fetch_all(on))?;
        let (same, different, skipped, faults) = counts.unwrap_or_default();
        let [same, different, skipped, faults] =
            [same, different, skipped, faults].map(|count| u64::try_from(count).unwrap_or_default());
        let differences = differences.into_iter().rev().map(|(difference,)| difference).collect();
        Ok(TrialRow { policy: policy.to_owned(), same, different, skipped, faults, differences })
    }
}

impl<R: Reader> Store<R> {
    /// Adds what was learnt since to what is kept, all of it or nothing. Of a revision that is gone nothing is kept.
    ///
    /// # Errors
    /// The database's. Nothing was added then, except where a connection broke while it was committed.
    pub async fn add_trials(
        &self,
        tenant: &TenantName,
        revision: i64,
        learnt: &[TrialRow],
        now: SystemTime,
    ) -> Result<(), Error> {
        let known = Statement::returning(KNOWN).text(tenant.as_str()).number(revision);
        let writes = learnt.iter().flat_map(|row| writes(tenant, revision, row, now)).collect();
        // With the changes of administrators: in PostgreSQL no login waits behind it, and in SQLite each for this one change at most.
        self.0.registry.write_when(LockKey::new(tenant.as_str(), ""), vec![Condition::some(known)], writes).await?;
        Ok(())
    }
}

/// What is too old goes before what is new comes: statements come before rows.
fn writes(tenant: &TenantName, revision: i64, row: &TrialRow, now: SystemTime) -> Vec<Write> {
    let of_policy = |sql| Statement::new(sql).text(tenant.as_str()).number(revision).text(&row.policy);
    let TrialRow { same, different, skipped, faults, differences, .. } = row;
    let new = differences.iter().skip(differences.len().saturating_sub(KEPT_DIFFERENCES));
    let add =
        [same, different, skipped, faults].into_iter().fold(of_policy(ADD), |add, count| add.number(as_number(*count)));
    let prune = (new.len() > 0).then(|| of_policy(PRUNE).number(as_number(KEPT_DIFFERENCES - new.len())));
    let rows = new.map(|difference| {
        let row_of = NewRow::of(&ADD_DIFFERENCE).text(tenant.as_str()).number(revision).text(&row.policy);
        row_of.text(&new_id(now)).text(difference).into()
    });
    [Some(add), prune].into_iter().flatten().map(Write::from).chain(rows).collect()
}
