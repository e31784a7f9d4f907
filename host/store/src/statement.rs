//! A statement as data, so that the queue can run it on either database, and once more if it has to.
//!
//! Not for: reads, which are typed where they stand.

use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Row as _};

/// A text that both databases understand (`$1` to `$9` stand for values) and its values.
pub(crate) struct Statement {
    sql: &'static str,
    values: Vec<Value>,
    returns: bool,
}

enum Value {
    Text(Option<String>),
    Bytes(Vec<u8>),
    Number(i64),
}

/// What came of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    /// How many rows it changed.
    pub(crate) rows: u64,
    /// What it returned, if it is one that returns a number.
    pub(crate) number: Option<i64>,
}

impl Statement {
    pub(crate) const fn new(sql: &'static str) -> Self {
        Self { sql, values: Vec::new(), returns: false }
    }

    /// A statement that returns one number or null of one row.
    pub(crate) const fn returning(sql: &'static str) -> Self {
        Self { sql, values: Vec::new(), returns: true }
    }

    pub(crate) fn text(self, text: &str) -> Self {
        self.maybe_text(Some(text))
    }

    pub(crate) fn maybe_text(self, text: Option<&str>) -> Self {
        self.with(Value::Text(text.map(str::to_owned)))
    }

    pub(crate) fn bytes(self, bytes: &[u8]) -> Self {
        self.with(Value::Bytes(bytes.to_owned()))
    }

    pub(crate) fn number(self, number: i64) -> Self {
        self.with(Value::Number(number))
    }

    fn with(mut self, value: Value) -> Self {
        self.values.push(value);
        self
    }
}

/// A connection that runs statements.
pub(crate) trait Runs: Connection {
    /// What begins a transaction that will write.
    const BEGIN: &'static str;

    fn run(&mut self, statement: &Statement) -> impl Future<Output = sqlx::Result<Answer>> + Send;
}

macro_rules! runs {
    ($connection:ty, $begin:literal) => {
        impl Runs for $connection {
            const BEGIN: &'static str = $begin;

            async fn run(&mut self, statement: &Statement) -> sqlx::Result<Answer> {
                let mut query = sqlx::query(statement.sql);
                for value in &statement.values {
                    query = match value {
                        Value::Text(text) => query.bind(text.as_deref()),
                        Value::Bytes(bytes) => query.bind(bytes.as_slice()),
                        Value::Number(number) => query.bind(*number),
                    };
                }
                if !statement.returns {
                    return Ok(Answer { rows: query.execute(self).await?.rows_affected(), number: None });
                }
                match query.fetch_optional(self).await? {
                    Some(row) => Ok(Answer { rows: 1, number: row.try_get(0)? }),
                    None => Ok(Answer { rows: 0, number: None }),
                }
            }
        }
    };
}

// A transaction that began by reading could not wait for the lock that writing needs.
runs!(SqliteConnection, "begin immediate");
// Whatever the server's defaults are: a conditional update looks again at a row that it had to wait for.
runs!(PgConnection, "begin isolation level read committed read write");
