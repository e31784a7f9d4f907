//! What is written together or not at all, and what came of it.
//!
//! Not for: when; see `line`.

use tokio::sync::oneshot;
use vestibule_domain::TenantName;
use vestibule_ledger::{Hold, Owner};

use crate::Error;
use crate::deadlines::WRITE_DEADLINE;
use crate::statement::{NewRow, Statement, StatementResult};

/// What takes effect together or not at all.
pub(super) struct Job {
    pub(super) row: LockKey,
    /// Asked one after another. At the first that does not hold, the rest is left out.
    pub(super) conditions: Vec<Condition>,
    pub(super) writes: Vec<Write>,
    pub(super) came: oneshot::Sender<Result<WriteOutcome, Error>>,
    /// What it takes of what may wait.
    pub(super) weight: Hold,
}

/// What came of a job.
#[derive(Debug)]
pub(crate) struct WriteOutcome {
    /// Whether all of its conditions held, and the rest was written.
    pub(crate) held: bool,
    /// What came of each condition that was asked, and then of each write.
    pub(crate) answers: Vec<StatementResult>,
}

impl Job {
    /// Whether so many of its conditions hold.
    pub(super) fn holds(&self, answers: &[Option<StatementResult>], first: usize) -> bool {
        let mut asked = self.conditions.iter().zip(answers).take(first);
        asked.all(|(condition, answer)| answer.is_some_and(|answer| condition.holds(&answer)))
    }
}

/// One thing to write.
pub(crate) enum Write {
    Statement(Statement),
    /// A row that goes by one statement with other rows of the same insert.
    NewRow(NewRow),
}

impl Write {
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Statement(statement) => statement.weight(),
            Self::NewRow(row) => row.weight(),
        }
    }
}

impl From<Statement> for Write {
    fn from(statement: Statement) -> Self {
        Self::Statement(statement)
    }
}

impl From<NewRow> for Write {
    fn from(row: NewRow) -> Self {
        Self::NewRow(row)
    }
}

/// What has to be so for the rest of a job to be written.
pub(crate) struct Condition {
    pub(super) write: Write,
    /// Whether it has to change or return a row, or must not.
    row: bool,
}

impl Condition {
    /// Holds if this changes or returns a row.
    pub(crate) fn some(write: impl Into<Write>) -> Self {
        Self { write: write.into(), row: true }
    }

    /// Holds if this changes or returns none.
    pub(crate) fn none(write: impl Into<Write>) -> Self {
        Self { write: write.into(), row: false }
    }

    /// What is asked.
    pub(crate) const fn write(&self) -> &Write {
        &self.write
    }

    pub(super) fn bytes(&self) -> usize {
        self.write.bytes()
    }

    const fn holds(&self, answer: &StatementResult) -> bool {
        (answer.rows > 0) == self.row
    }
}

/// The row that a job locks: tenant and name. Transactions that lock rows in this order do not wait for each other in a circle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct LockKey(pub(super) String, pub(super) String);

impl LockKey {
    pub(crate) fn new(tenant: &str, name: &str) -> Self {
        Self(tenant.to_owned(), name.to_owned())
    }

    pub(super) fn owner(&self) -> Owner {
        TenantName::new(self.0.as_str()).map_or(Owner::Host, Owner::Tenant)
    }
}

pub(super) fn overdue() -> Error {
    Error::Unavailable(format!("no answer within {} s", WRITE_DEADLINE.as_secs()))
}
