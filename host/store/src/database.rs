//! Reading, from whichever database it is: one query, one round trip, one deadline.
//!
//! Not for: writing; every write goes through the queue.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{PgPool, SqlitePool};
use tokio::time::error::Elapsed;

use crate::Error;

/// How long a read may take: ten times what a component of 100 MB needs on a network of 1 Gbit/s.
pub(crate) const READ_DEADLINE: Duration = Duration::from_secs(10);

/// The connections for reading.
#[derive(Clone)]
pub(crate) enum Database {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Database {
    /// Whether places for values are told apart by numbers; see [`crate::bulk::push_place`].
    pub(crate) const fn numbers_places(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// Runs one query on a connection, in the same words for both databases.
macro_rules! read {
    ($store:expr, $connection:ident => $query:expr) => {
        $crate::database::read_from!(&$store.0.database, $connection => $query)
    };
}
pub(crate) use read;

/// The same on a database alone.
macro_rules! read_from {
    ($database:expr, $connection:ident => $query:expr) => {
        match $database {
            $crate::database::Database::Sqlite(pool) => $crate::database::read_from!(in pool, $connection => $query),
            $crate::database::Database::Postgres(pool) => $crate::database::read_from!(in pool, $connection => $query),
        }
    };
    (in $pool:expr, $connection:ident => $query:expr) => {
        match $pool.acquire().await {
            Ok(mut held) => {
                let $connection = &mut *held;
                let answer = tokio::time::timeout($crate::database::READ_DEADLINE, $query).await;
                $crate::database::settle(held, answer)
            }
            Err(error) => Err(error.into()),
        }
    };
}
pub(crate) use read_from;

/// Gives the connection back, unless an answer may still be under way on it.
pub(crate) fn settle<DB: sqlx::Database, T>(
    mut held: PoolConnection<DB>,
    answer: Result<sqlx::Result<T>, Elapsed>,
) -> Result<T, Error> {
    match answer {
        Ok(answer) => Ok(answer?),
        Err(Elapsed { .. }) => {
            held.close_on_drop();
            Err(Error::Unavailable(format!("no answer within {} s", READ_DEADLINE.as_secs())))
        }
    }
}
