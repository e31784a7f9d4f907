//! Reading, from whichever database it is: one query, one round trip, one deadline.
//!
//! Not for: writing; every write goes through the queue.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{PgPool, SqlitePool};
use tokio::time::error::Elapsed;

use crate::Error;

/// Some connections for reading.
#[derive(Clone)]
pub enum Database {
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

/// Runs one query on a connection of the store's readers, on behalf of a tenant, in the same words for both databases.
macro_rules! read {
    ($store:expr, $tenant:expr, $connection:ident => $query:expr) => {
        match $store.turn($tenant).await {
            // Held until the query is done.
            Ok(_turn) => {
                let (deadline, watched) = $store.deadline();
                $crate::database::read_from!($store.database(), deadline, watched, $connection => $query)
            }
            Err(error) => Err(error),
        }
    };
}
pub(crate) use read;

/// The same on a database alone, within a deadline, and watched over or not.
macro_rules! read_from {
    ($database:expr, $deadline:expr, $watched:expr, $connection:ident => $query:expr) => {
        match $database {
            $crate::database::Database::Sqlite(pool) => {
                $crate::database::read_from!(in pool, $deadline, held, $crate::sqlite::watch(&mut held, $deadline, $watched), $connection => $query)
            }
            $crate::database::Database::Postgres(pool) => {
                $crate::database::read_from!(in pool, $deadline, held, $crate::postgres::watch(), $connection => $query)
            }
        }
    };
    (in $pool:expr, $deadline:expr, $held:ident, $watch:expr, $connection:ident => $query:expr) => {
        // In a box: it is four KiB, for a connection may have to be made, and would be in every future that ever reads.
        match Box::pin($pool.acquire()).await {
            Ok(mut $held) => match $watch.await {
                Ok(_watch) => {
                    let $connection = &mut *$held;
                    let answer = tokio::time::timeout($deadline + $crate::deadlines::GRACE, $query).await;
                    $crate::database::settle($held, answer, $deadline)
                }
                Err(error) => Err($crate::Error::from(error)),
            },
            Err(error) => Err($crate::Error::from(error)),
        }
    };
}
pub(crate) use read_from;

/// Gives the connection back, unless an answer may still be under way on it.
pub(crate) fn settle<DB: sqlx::Database, T>(
    mut held: PoolConnection<DB>,
    answer: Result<sqlx::Result<T>, Elapsed>,
    deadline: Duration,
) -> Result<T, Error> {
    match answer {
        Ok(answer) => Ok(answer?),
        Err(Elapsed { .. }) => {
            held.close_on_drop();
            Err(Error::Unavailable(format!("no answer within {} s", deadline.as_secs())))
        }
    }
}
