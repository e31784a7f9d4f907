//! Statements and rows as data, so that the queue can run them on either database, and once more if it has to.
//!
//! Not for: reads, which are typed where they stand.

use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, Row as _};

/// Locks the clock until what comes with it is committed: what all nodes change, one after another, and none has to read anew.
pub(crate) const LOCK: &str = "update clock set stamp = stamp";
/// How many texts a connection keeps prepared: one for each number of rows or logins, and the others.
pub(crate) const STATEMENTS: usize = 512;

/// Something to run, with its values.
pub(crate) struct Bound<T> {
    to: T,
    values: Vec<Value>,
}

/// A statement of its own.
pub(crate) type Statement = Bound<Sql>;

/// One row of an insert that other rows may share.
pub(crate) type NewRow = Bound<&'static Insert>;

/// A text that both databases understand: `$1` to `$9` stand for values.
pub(crate) struct Sql {
    text: &'static str,
    /// Whether it returns one number or null of one row.
    returns: bool,
    /// Whether it only locks rows, where rows have locks.
    locks: bool,
}

/// An insert without its rows.
pub(crate) struct Insert {
    /// `insert into table (columns)`.
    pub(crate) into: &'static str,
    /// How many columns those are. The first two are the key, where it returns it.
    pub(crate) columns: usize,
    /// What stands behind the rows.
    pub(crate) on_conflict: &'static str,
    /// Whether it returns the keys of rows that were new.
    pub(crate) returns_key: bool,
}

enum Value {
    Text(Option<String>),
    Bytes(Vec<u8>),
    Number(Option<i64>),
}

/// What came of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StatementResult {
    /// How many rows it changed.
    pub(crate) rows: u64,
    /// What it returned, if it is one that returns a number.
    pub(crate) number: Option<i64>,
}

impl Statement {
    pub(crate) const fn new(sql: &'static str) -> Self {
        Self { to: Sql { text: sql, returns: false, locks: false }, values: Vec::new() }
    }

    /// A statement that returns one number or null of one row.
    pub(crate) const fn returning(sql: &'static str) -> Self {
        Self { to: Sql { text: sql, returns: true, locks: false }, values: Vec::new() }
    }

    /// A statement that locks rows. Only PostgreSQL runs it: SQLite locks the whole file.
    pub(crate) const fn locking(sql: &'static str) -> Self {
        Self { to: Sql { text: sql, returns: false, locks: true }, values: Vec::new() }
    }
}

impl NewRow {
    /// A row; its values in the order of the columns.
    pub(crate) const fn of(insert: &'static Insert) -> Self {
        Self { to: insert, values: Vec::new() }
    }

    /// The insert that this is a row of.
    pub(crate) const fn insert(&self) -> &'static Insert {
        self.to
    }

    /// The first two values, which are texts.
    pub(crate) fn key(&self) -> Option<(String, String)> {
        match self.values.as_slice() {
            [Value::Text(Some(first)), Value::Text(Some(second)), ..] => Some((first.clone(), second.clone())),
            _ => None,
        }
    }
}

impl<T> Bound<T> {
    /// How much its values are.
    pub(crate) fn weight(&self) -> usize {
        let of = |value: &Value| match value {
            Value::Text(text) => text.as_ref().map_or(0, String::len),
            Value::Bytes(bytes) => bytes.len(),
            Value::Number(_) => size_of::<i64>(),
        };
        self.values.iter().map(of).sum()
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
        self.maybe_number(Some(number))
    }

    pub(crate) fn maybe_number(self, number: Option<i64>) -> Self {
        self.with(Value::Number(number))
    }

    fn with(mut self, value: Value) -> Self {
        self.values.push(value);
        self
    }
}

/// What a database takes for a count.
pub(crate) fn as_number(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}

/// A connection that runs statements.
pub(crate) trait Executor: Connection {
    /// What begins a transaction that will write.
    const BEGIN: &'static str;
    /// Whether rows have locks of their own.
    const LOCKS_ROWS: bool;
    /// Whether places for values have to be told apart by numbers.
    const NUMBERED: bool;

    /// Runs a statement.
    fn run(&mut self, statement: &Statement) -> impl Future<Output = sqlx::Result<StatementResult>> + Send;

    /// Runs a query that finds pairs of texts.
    fn find(&mut self, query: &Statement) -> impl Future<Output = sqlx::Result<Vec<(String, String)>>> + Send;

    /// Runs the text of an insert on its rows.
    fn run_rows(&mut self, sql: String, rows: &[&NewRow]) -> impl Future<Output = sqlx::Result<()>> + Send;

    /// The same for one that returns the keys of rows that were new.
    fn run_rows_for_keys(
        &mut self,
        sql: String,
        rows: &[&NewRow],
    ) -> impl Future<Output = sqlx::Result<Vec<(String, String)>>> + Send;
}

/// A query with the values of these statements.
macro_rules! bound {
    ($query:expr, $rows:expr) => {{
        let mut query = $query;
        for value in $rows.iter().flat_map(|row| &row.values) {
            query = match value {
                Value::Text(text) => query.bind(text.as_deref()),
                Value::Bytes(bytes) => query.bind(bytes.as_slice()),
                Value::Number(number) => query.bind(*number),
            };
        }
        query
    }};
}

macro_rules! runs {
    ($connection:ty, $begin:literal, locks rows: $locks_rows:literal, numbered: $numbered:literal) => {
        impl Executor for $connection {
            const BEGIN: &'static str = $begin;
            const LOCKS_ROWS: bool = $locks_rows;
            const NUMBERED: bool = $numbered;

            async fn run(&mut self, statement: &Statement) -> sqlx::Result<StatementResult> {
                if statement.to.locks && !Self::LOCKS_ROWS {
                    return Ok(StatementResult { rows: 0, number: None });
                }
                let query = bound!(sqlx::query(statement.to.text), [statement]);
                if !statement.to.returns {
                    return Ok(StatementResult { rows: query.execute(self).await?.rows_affected(), number: None });
                }
                match query.fetch_optional(self).await? {
                    Some(row) => Ok(StatementResult { rows: 1, number: row.try_get(0)? }),
                    None => Ok(StatementResult { rows: 0, number: None }),
                }
            }

            async fn find(&mut self, query: &Statement) -> sqlx::Result<Vec<(String, String)>> {
                bound!(sqlx::query_as(query.to.text), [query]).fetch_all(self).await
            }

            async fn run_rows(&mut self, sql: String, rows: &[&NewRow]) -> sqlx::Result<()> {
                bound!(sqlx::query(AssertSqlSafe(sql)), rows).execute(self).await.map(|_| ())
            }

            async fn run_rows_for_keys(
                &mut self,
                sql: String,
                rows: &[&NewRow],
            ) -> sqlx::Result<Vec<(String, String)>> {
                bound!(sqlx::query_as(AssertSqlSafe(sql)), rows).fetch_all(self).await
            }
        }
    };
}

// A transaction that began by reading could not wait for the lock that writing needs.
runs!(SqliteConnection, "begin immediate", locks rows: false, numbered: false);
// Whatever the server's defaults are: a conditional update looks again at a row that it had to wait for.
runs!(PgConnection, "begin isolation level read committed read write", locks rows: true, numbered: true);
