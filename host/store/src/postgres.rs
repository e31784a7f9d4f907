//! The database as a PostgreSQL server that several nodes share.
//!
//! Not for: poolers that hand a connection to another client between transactions; statements stay prepared.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgPool};
use tokio::time::timeout;
use vestibule_domain::Secret;

use crate::statement::STATEMENTS;
use crate::{Error, migrations};

/// Statements that read for logins at once: while one is on its way, another one is answered.
pub(crate) const READERS: usize = 2;

/// Transactions that one node keeps open at once for writing.
pub(crate) const WRITERS: usize = 4;
/// Connections of one node, those for writing among them. A server permits 100 by default, for all nodes.
const CONNECTIONS: u32 = 16;
/// How long to wait for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long another node may take to migrate.
const MIGRATION_DEADLINE: Duration = Duration::from_secs(60);
/// A connection that was idle for longer is tried before it is used: the server may have gone meanwhile.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);
/// What holds for every connection. The server gives up itself, so that a node that went silent does not keep others from its rows.
const SESSION: [(&str, &str); 5] = [
    ("statement_timeout", "20s"),
    ("idle_in_transaction_session_timeout", "20s"),
    // Whatever the server's defaults are, also for a statement without a transaction around it.
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_read_only", "off"),
    // What is committed is on the disk: nobody is let in on less.
    ("synchronous_commit", "on"),
];

pub(crate) async fn connect(url: &Secret) -> Result<PgPool, Error> {
    let options = parse(url)?.application_name("vestibule").disable_statement_logging();
    let connection = timeout(PATIENCE, options.connect()).await.map_err(|_| silent(PATIENCE))??;
    timeout(MIGRATION_DEADLINE, migrate(connection)).await.map_err(|_| silent(MIGRATION_DEADLINE))??;
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .before_acquire(|connection, age| {
            Box::pin(async move {
                if age.idle_for > TRUSTED_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        });
    Ok(pool.connect_lazy_with(options.options(SESSION).statement_cache_capacity(STATEMENTS)))
}

/// The library's own error would quote the URL, and another scheme it would take for its own.
fn parse(url: &Secret) -> Result<PgConnectOptions, Error> {
    let url = url.expose();
    if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
        return Err(Error::Url);
    }
    url.parse().map_err(|_| Error::Url)
}

/// On a connection of its own: nodes wait for each other's migration by a lock that ends with the connection.
async fn migrate(mut connection: PgConnection) -> Result<(), Error> {
    migrations::postgres().run_direct(None, &mut connection, false).await?;
    Ok(connection.close().await?)
}

fn silent(deadline: Duration) -> Error {
    Error::Unavailable(format!("no answer within {} s", deadline.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_postgres_url_is_taken_and_no_other_is_quoted() {
        assert!(parse(&Secret::new("postgres://joe:secret@db.example.com/vestibule?sslmode=verify-full")).is_ok());
        for url in ["mysql://joe:secret@db/x", "postgres://joe:secret@db:port/x", "db.example.com", ""] {
            let error = parse(&Secret::new(url)).unwrap_err();
            assert_eq!(error, Error::Url);
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
    }
}
