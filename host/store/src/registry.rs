//! How tenants, policies, revisions and tokens are changed: one change after another, in all processes together.
//!
//! Not for: logins and what they read or leave behind; they never take a turn here.

use vestibule_domain::TenantName;

use crate::disk::KeptBytes;
use crate::logs::ROW_BYTES;
use crate::queue::{Condition, LockKey, Write, WriteOutcome};
use crate::statement::{Statement, StatementResult};
use crate::{Error, Reader, Store};

/// Locks the clock until the change is committed. What the change looks at after that, nobody else changes meanwhile.
const TICK: &str = "update clock set stamp = stamp + 1";
const MARK: &str = "
    insert into change (tenant, stamp) select $1, stamp from clock where true
    on conflict (tenant) do update set stamp = excluded.stamp";

/// Something to change in the registry. `W` says why it was not done.
pub(crate) struct Change<W> {
    /// The tenant whose turn it takes; empty for the operator's.
    payer: String,
    conditions: Vec<Condition>,
    /// For each condition after the tick.
    otherwise: Vec<W>,
    writes: Vec<Write>,
    growth: Growth,
}

/// What a change makes of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Growth {
    /// It takes of what the tenant may keep.
    Tenants,
    /// It is the operator's, and may be what gives the tenant more room.
    Operators,
    /// It makes room. What it leaves in the audit log is counted the next time, and is no more than there was to delete.
    None,
}

/// What came of a change.
pub(crate) enum Outcome<W> {
    /// What each write was answered.
    Done(Vec<StatementResult>),
    /// The first condition that did not hold, and what it was answered. Nothing was written.
    Stopped(W, StatementResult),
}

impl<W> Change<W> {
    /// A change that other processes have to know of.
    pub(crate) fn of(tenant: &TenantName) -> Self {
        Self::unmarked(tenant.as_str()).then(Statement::new(MARK).text(tenant.as_str()))
    }

    /// A change that nobody keeps in memory.
    pub(crate) fn unmarked(payer: &str) -> Self {
        let conditions = vec![Condition::some(Statement::new(TICK))];
        let growth = Growth::Tenants;
        Self { payer: payer.to_owned(), conditions, otherwise: Vec::new(), writes: Vec::new(), growth }
    }

    /// Is done also where the tenant keeps as much as it may.
    pub(crate) fn by_the_operator(self) -> Self {
        Self { growth: Growth::Operators, ..self }
    }

    /// Is done also where no room is left at all.
    pub(crate) fn only_deletes(self) -> Self {
        Self { growth: Growth::None, ..self }
    }

    /// What it adds to what the tenant keeps: its rows in the audit log, and a profile.
    fn kept(&self) -> KeptBytes {
        let rows = self.conditions.iter().map(Condition::write).chain(&self.writes);
        let rows = rows.filter_map(|write| match write {
            Write::NewRow(row) => Some(row.weight() as u64),
            Write::Statement(_) => None,
        });
        KeptBytes { decisions: 0, rest: rows.fold(ROW_BYTES, u64::saturating_add) }
    }

    /// Is done only if this changes or returns a row.
    pub(crate) fn needs(self, write: impl Into<Write>, otherwise: W) -> Self {
        self.on(Condition::some(write), otherwise)
    }

    /// Is done only if this returns no row.
    pub(crate) fn forbids(self, statement: Statement, otherwise: W) -> Self {
        self.on(Condition::none(statement), otherwise)
    }

    fn on(mut self, condition: Condition, otherwise: W) -> Self {
        self.conditions.push(condition);
        self.otherwise.push(otherwise);
        self
    }

    /// Writes this, too.
    pub(crate) fn then(mut self, write: impl Into<Write>) -> Self {
        self.writes.push(write.into());
        self
    }
}

impl<W> Outcome<W> {
    pub(crate) const fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }
}

impl<R: Reader> Store<R> {
    /// Makes a change, all of it or nothing.
    ///
    /// # Errors
    /// [`Error::Quota`] and [`Error::Reserve`] for one that does not only delete; the database's.
    pub(crate) async fn change<W>(&self, change: Change<W>) -> Result<Outcome<W>, Error> {
        if change.growth != Growth::None {
            self.ensure_space().await?;
        }
        let payer = TenantName::new(change.payer.as_str()).ok().filter(|_| change.growth == Growth::Tenants);
        let Some(payer) = payer else { return self.make(change).await };
        let kept = change.kept();
        self.0.disk.keep_change(&payer, kept.rest)?;
        let made = self.make(change).await;
        if !made.as_ref().is_ok_and(Outcome::is_done) {
            self.0.disk.give_back(&payer, kept);
        }
        made
    }

    async fn make<W>(&self, change: Change<W>) -> Result<Outcome<W>, Error> {
        let Change { payer, conditions, otherwise, writes, .. } = change;
        let asked = conditions.len();
        let WriteOutcome { held, mut answers } =
            self.0.registry.write_when(LockKey::new(&payer, ""), conditions, writes).await?;
        if held {
            return Ok(Outcome::Done(answers.split_off(asked)));
        }
        // The last answer is that of the condition; the first one is the clock's.
        let stopped = answers.len().checked_sub(2).and_then(|index| otherwise.into_iter().nth(index));
        match (stopped, answers.pop()) {
            (Some(why), Some(answer)) => Ok(Outcome::Stopped(why, answer)),
            _ => Err(Error::Corrupt("the table `clock` is empty".to_owned())),
        }
    }
}

/// The number that one of the statements returned.
pub(crate) fn number_in(answers: &[StatementResult]) -> Result<i64, Error> {
    let number = answers.iter().find_map(|answer| answer.number);
    number.ok_or_else(|| Error::Failed("a number is missing".to_owned()))
}
