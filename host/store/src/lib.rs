//! What lasts, per tenant: properties, passwords, policies, what was active when and how trials went, challenges, sessions, decisions
//! and who changed what, in SQLite or PostgreSQL.
//!
//! Not for: deciding anything. Precedence of properties, hashing of passwords and the meaning of a chain are the gate's; here a
//! value comes back as it was put, or as an error. This is the only crate that names SQL.

mod audit;
mod bulk;
mod challenges;
mod changes;
mod conclusion;
mod database;
mod decisions;
mod error;
mod ids;
mod logins;
mod logs;
mod migrations;
mod passwords;
mod policies;
mod postgres;
mod profiles;
mod queue;
mod registry;
mod revisions;
mod secrets;
mod sessions;
mod signatures;
mod sqlite;
mod statement;
mod tenants;
mod time;
mod tokens;
mod trials;
mod versions;

use std::path::Path;
use std::sync::Arc;

use sqlx::Pool;
use vestibule_domain::Secret;

pub use audit::{AuditRow, By};
pub use challenges::{MAX_STATE_BYTES, NewChallenge, Taken};
pub use conclusion::{Effects, Save};
pub use decisions::{DecisionFilter, DecisionRow};
pub use error::{ActivateError, AddError, Error, SaveError};
pub use ids::new_id;
pub use logs::{Log, Past, Stretch};
pub use passwords::{Lockout, Password};
pub use policies::{Deleted, PolicyRow};
pub use profiles::{Edit, LoginProfiles, ProfileFilter, ProfilePage};
pub use revisions::{KEPT_REVISIONS, RevisionRow};
pub use sessions::Session;
pub use sqlite::DATABASE_FILE;
pub use tenants::TenantRow;
pub use tokens::TokenRow;
pub use trials::{KEPT_DIFFERENCES, TrialRow};
pub use versions::{Added, NewVersion, Room, VersionRow};

use database::Database;
use logins::Logins;
use queue::{MAX_BATCH, Queue};
use statement::Runs;

/// An open store. Clones share it; the last one dropped closes it, [`Store::close`] waits for that.
///
/// What a method has written is durable when it returns. Reads take one round trip on a connection of a pool, and no call
/// waits for a silent database for ever: it fails as [`Error::Unavailable`].
#[derive(Clone)]
pub struct Store(Arc<Parts>);

struct Parts {
    database: Database,
    logins: Logins,
    /// For users, groups and all that logins leave behind.
    queue: Queue,
    /// For [`registry`]: its changes wait for each other. Logins wait for none of them in PostgreSQL; SQLite has one writer, which both
    /// queues take in turns.
    registry: Queue,
}

impl Store {
    /// Opens the SQLite database in a data directory, and makes both if they are not there: the directory with mode 0700, the
    /// file [`DATABASE_FILE`] with 0600. Several processes may open the same one. Needs a Tokio runtime with time and I/O.
    ///
    /// # Errors
    /// [`Error::Directory`] and [`Error::NotPrivate`] if the directory cannot be used; [`Error::NotAFile`] for a symbolic link
    /// in place of the file; [`Error::NotADatabase`] and [`Error::Foreign`] for what is not ours; [`Error::Newer`] if a later
    /// program wrote it; [`Error::Locked`] if another process keeps it to itself. None of them changes the file.
    pub async fn open(directory: &Path) -> Result<Self, Error> {
        let (readers, writer) = sqlite::open(directory).await?;
        // SQLite has one writer at a time, and reads faster than one task can ask.
        Ok(Self::of(Database::Sqlite(readers), 1, &writer, 1))
    }

    /// Connects to the PostgreSQL database of a URL, `postgres://user:password@host/database`. Several nodes may use one. Needs
    /// a Tokio runtime with time and I/O.
    ///
    /// # Errors
    /// [`Error::Url`]; [`Error::Unavailable`] if there is no answer within five seconds, or a refusal; [`Error::Newer`] if a
    /// later program wrote it. None of them changes the database.
    pub async fn connect(url: &Secret) -> Result<Self, Error> {
        let pool = postgres::connect(url).await?;
        Ok(Self::of(Database::Postgres(pool.clone()), postgres::READERS, &pool, postgres::WRITERS))
    }

    fn of<DB>(database: Database, readers: usize, pool: &Pool<DB>, writers: usize) -> Self
    where
        DB: sqlx::Database,
        DB::Connection: Runs<Database = DB>,
    {
        let logins = Logins::start(&database, readers);
        let (queue, registry) = (Queue::start(pool, writers, MAX_BATCH), Queue::start(pool, 1, 1));
        Self(Arc::new(Parts { database, logins, queue, registry }))
    }

    /// Writes what is waiting to be written, then closes all connections. Calls after that fail as [`Error::Closed`].
    pub async fn close(&self) {
        self.0.logins.close();
        self.0.queue.close().await;
        self.0.registry.close().await;
        self.0.database.close().await;
    }
}
