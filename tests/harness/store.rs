//! Stores on fresh databases of both kinds, and what is put into them.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqlSafeStr as _, SqliteConnection};
use tempfile::TempDir;
use vestibule_domain::{Properties, Secret, TenantName};
use vestibule_store::{DATABASE_FILE, Store};

use super::Postgres;

/// A store and the database it is open on, which lives as long as the test.
pub(crate) struct Home {
    pub(crate) store: Store,
    place: Place,
}

enum Place {
    Directory(TempDir),
    Url(Secret),
}

/// Runs each of these tests on SQLite and on PostgreSQL.
macro_rules! on_every_store {
    ($($test:ident),+ $(,)?) => {
        $(mod $test {
            #[tokio::test(flavor = "multi_thread")]
            async fn on_sqlite() {
                super::$test($crate::harness::Home::on_sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn on_postgres() {
                super::$test($crate::harness::Home::on_postgres().await).await;
            }
        })+
    };
}
pub(crate) use on_every_store;

/// What the first version of this program made of a database of this kind.
macro_rules! migrator {
    ($kind:literal) => {{
        let initial = include_str!(concat!("../../host/store/migrations/", $kind, "/0001_initial.sql")).into_sql_str();
        let kind = MigrationType::Simple;
        Migrator::with_migrations(vec![Migration::new(1, "initial".into(), kind, initial, false)])
    }};
}

impl Home {
    pub(crate) async fn on_sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { store: Store::open(directory.path()).await.unwrap(), place: Place::Directory(directory) }
    }

    pub(crate) async fn on_postgres() -> Self {
        let url = Postgres::shared().database().await;
        Self { store: Store::connect(&url).await.unwrap(), place: Place::Url(url) }
    }

    /// Another database of the same kind, which the first version of this program left behind with these rows in it.
    pub(crate) async fn of_the_first_version(&self, rows: &str) -> Self {
        match &self.place {
            Place::Directory(_) => {
                let directory = tempfile::tempdir().unwrap();
                let options = SqliteConnectOptions::new().filename(directory.path().join(DATABASE_FILE));
                let mut connection = options.create_if_missing(true).connect().await.unwrap();
                migrator!("sqlite").run_direct(None, &mut connection, false).await.unwrap();
                sqlx::raw_sql(AssertSqlSafe(rows.to_owned())).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
                let store = Store::open(directory.path()).await.unwrap();
                Self { store, place: Place::Directory(directory) }
            }
            Place::Url(_) => {
                let url = Postgres::shared().database().await;
                let mut connection = PgConnection::connect(url.expose()).await.unwrap();
                migrator!("postgres").run_direct(None, &mut connection, false).await.unwrap();
                sqlx::raw_sql(AssertSqlSafe(rows.to_owned())).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
                Self { store: Store::connect(&url).await.unwrap(), place: Place::Url(url) }
            }
        }
    }

    /// What another process on the same database has.
    pub(crate) async fn another(&self) -> Result<Store, vestibule_store::Error> {
        match &self.place {
            Place::Directory(directory) => Store::open(directory.path()).await,
            Place::Url(url) => Store::connect(url).await,
        }
    }

    /// How a process on the command line is told of the database.
    pub(crate) fn argument(&self) -> String {
        match &self.place {
            Place::Directory(directory) => directory.path().display().to_string(),
            Place::Url(url) => url.expose().to_owned(),
        }
    }

    /// What somebody does with a database client.
    pub(crate) async fn execute(&self, sql: &'static str) {
        match &self.place {
            Place::Directory(directory) => {
                let mut connection = sqlite(directory.path()).await;
                sqlx::query(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            Place::Url(url) => {
                let mut connection = PgConnection::connect(url.expose()).await.unwrap();
                sqlx::query(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }

    /// Holds up whoever writes to accounts or decisions, for as long as what this returns is kept.
    pub(crate) async fn hold_up_writes(&self) -> Box<dyn std::any::Any + Send> {
        match &self.place {
            Place::Directory(directory) => {
                let mut connection = sqlite(directory.path()).await;
                sqlx::raw_sql("begin immediate").execute(&mut connection).await.unwrap();
                Box::new(connection)
            }
            Place::Url(url) => {
                let mut connection = PgConnection::connect(url.expose()).await.unwrap();
                let lock = "begin; lock table password, decision in exclusive mode";
                sqlx::raw_sql(lock).execute(&mut connection).await.unwrap();
                Box::new(connection)
            }
        }
    }

    /// Waits until a server has ended the connections of stores that were closed and of processes that were killed: until then it may go on
    /// with what it was told, and does not count what they did. A file has none.
    pub(crate) async fn is_left_alone(&self) {
        const OPEN: &str = "
            select count(*) from pg_stat_activity
            where datname = current_database() and application_name = 'vestibule'";
        let left = async { while matches!(self.place, Place::Url(_)) && self.count(OPEN).await > 0 {} };
        tokio::time::timeout(Duration::from_secs(60), left).await.unwrap();
    }

    /// The number that a query finds, asked as somebody with a database client does.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        match &self.place {
            Place::Directory(directory) => {
                let mut connection = sqlite(directory.path()).await;
                sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.unwrap()
            }
            Place::Url(url) => {
                let mut connection = PgConnection::connect(url.expose()).await.unwrap();
                sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.unwrap()
            }
        }
    }
}

/// A connection to the SQLite database in a directory.
pub(crate) async fn sqlite(directory: &Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}", directory.join(DATABASE_FILE).display())).await.unwrap()
}

pub(crate) fn tenant() -> TenantName {
    TenantName::new("acme").unwrap()
}

pub(crate) fn properties(pairs: &[(&str, &str)]) -> Properties {
    Properties::from_pairs(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        .unwrap()
}

/// A time, so many seconds after some day.
pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_785_000_000 + seconds)
}
