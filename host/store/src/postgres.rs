//! The database as a PostgreSQL server that several nodes share.
//!
//! Not for: poolers that hand a connection to another client between transactions; statements stay prepared.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgPool};
use tokio::time::timeout;
use vestibule_domain::Secret;

use crate::deadlines::{ADMINISTRATOR_DEADLINE, LOGIN_DEADLINE, WRITE_DEADLINE};
use crate::statement::{Executor as _, LOCK, STATEMENTS, Statement};
use crate::{Error, migrations, names};

/// Statements that read for many logins at once: while one is on its way, another one is answered.
const ASKING: u32 = 2;
/// How long to wait for the first connection.
const FIRST_PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait for a connection: a login has no more time.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long another node may take to migrate.
const MIGRATION_DEADLINE: Duration = Duration::from_secs(300);
/// A connection that was idle for longer is tried before it is used: the server may have gone meanwhile.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);
/// What holds for every connection. The server gives up itself, so that a node that went silent does not keep others from its rows.
const SESSION: [(&str, &str); 9] = [
    ("idle_in_transaction_session_timeout", "20s"),
    // Whoever locks a whole table has others wait for so long, and then refused.
    ("lock_timeout", "3s"),
    // Whatever the server's defaults are, also for a statement without a transaction around it.
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_read_only", "off"),
    // What is committed is on the disk: nobody is let in on less.
    ("synchronous_commit", "on"),
    // Rows are found by their keys, as with SQLite, which knows no other way. A plan that was made while a table was small, and is kept,
    // would read all of it for every login when it has grown, other tenants' rows too.
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    // Where there is no other way than these, a plan seems costly enough to be compiled, which takes longer than it does.
    ("jit", "off"),
];

/// What is open: connections for reading, and those for writing.
pub(crate) struct Pools {
    pub(crate) logins: PgPool,
    pub(crate) administrators: PgPool,
    pub(crate) writers: PgPool,
    pub(crate) sizes: Sizes,
}

/// How many connections one node has for what. A server permits 100 by default, for all nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizes {
    logins: u32,
    pub(crate) administrators: u32,
    writers: u32,
}

/// -1 stands for no limit, and superusers have none.
const PERMITTED: &str = "
    select case when not rolsuper then least(nullif(rolconnlimit, -1), nullif(datconnlimit, -1)) end
    from pg_roles, pg_database where rolname = current_user and datname = current_database()";

const USUAL: Sizes = Sizes { logins: 6, administrators: 4, writers: 5 };

impl Sizes {
    /// What fits into what the server permits, which is shared out as it is where there is enough. More would be asked for in vain, again
    /// and again, while logins wait.
    fn within(permitted: Option<i32>) -> Result<Self, Error> {
        let Some(permitted) = permitted.map(|permitted| u32::try_from(permitted).unwrap_or_default()) else {
            return Ok(USUAL);
        };
        if permitted < 3 {
            let text = format!("the server permits {permitted} connections of this user, and 3 are needed");
            return Err(Error::Unavailable(text));
        }
        let third = permitted / 3;
        let (logins, writers) = (USUAL.logins.min(third + permitted % 3), USUAL.writers.min(third));
        Ok(Self { logins, administrators: USUAL.administrators.min(third), writers })
    }

    /// Statements that read for many logins at once.
    pub(crate) fn asking(self) -> usize {
        ASKING.min(self.logins) as usize
    }

    /// Transactions of logins at once: one connection is left for changes of administrators, where there are several.
    pub(crate) fn batches(self) -> usize {
        (self.writers - 1).max(1) as usize
    }
}

pub(crate) async fn connect(url: &Secret) -> Result<Pools, Error> {
    let options = parse(url)?.application_name("vestibule").disable_statement_logging();
    let connection = timeout(FIRST_PATIENCE, options.connect()).await.map_err(|_| silent(FIRST_PATIENCE))??;
    let permitted =
        timeout(MIGRATION_DEADLINE, prepare(connection)).await.map_err(|_| silent(MIGRATION_DEADLINE))??;
    let sizes = Sizes::within(permitted)?;
    let options = options.options(SESSION).statement_cache_capacity(STATEMENTS);
    let of = |connections, deadline: Duration| {
        let limit = format!("{}ms", deadline.as_millis());
        pool(connections).connect_lazy_with(options.clone().options([("statement_timeout", limit)]))
    };
    Ok(Pools {
        logins: of(sizes.logins, LOGIN_DEADLINE),
        administrators: of(sizes.administrators, ADMINISTRATOR_DEADLINE),
        writers: of(sizes.writers, WRITE_DEADLINE),
        sizes,
    })
}

fn pool(connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .before_acquire(|connection, age| {
            Box::pin(async move {
                if age.idle_for > TRUSTED_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

/// The server looks at the clock itself: `statement_timeout`.
pub(crate) async fn watch() -> sqlx::Result<()> {
    Ok(())
}

/// The library's own error would quote the URL, and another scheme it would take for its own.
fn parse(url: &Secret) -> Result<PgConnectOptions, Error> {
    let url = url.expose();
    if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
        return Err(Error::Url);
    }
    url.parse().map_err(|_| Error::Url)
}

/// Migrates on a connection of its own: nodes wait for each other by a lock that ends with it. Returns how many connections this user may
/// have to this database, where that is limited.
async fn prepare(mut connection: PgConnection) -> Result<Option<i32>, Error> {
    migrations::postgres().run_direct(None, &mut connection, false).await?;
    if !connection.find(&Statement::new(names::IN_POSTGRES)).await?.is_empty() {
        let mut transaction = connection.begin().await?;
        transaction.run(&Statement::new(LOCK)).await?;
        names::settle(&mut *transaction, names::IN_POSTGRES).await?;
        transaction.commit().await?;
    }
    let permitted = sqlx::query_scalar(PERMITTED).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(permitted)
}

fn silent(deadline: Duration) -> Error {
    Error::Unavailable(format!("no answer within {} s", deadline.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_permits_is_shared_out_and_never_exceeded() {
        assert_eq!(Sizes::within(None).unwrap(), USUAL);
        assert_eq!(Sizes::within(Some(100)).unwrap(), USUAL);
        assert!(Sizes::within(Some(2)).is_err() && Sizes::within(Some(-1)).is_err());
        for permitted in 3..30 {
            let Sizes { logins, administrators, writers } = Sizes::within(Some(permitted)).unwrap();
            assert!(logins.min(administrators).min(writers) > 0);
            assert!(logins + administrators + writers <= permitted.unsigned_abs(), "{permitted}");
        }
    }

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
