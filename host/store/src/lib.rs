//! What lasts, per tenant: properties, passwords, policies, what was active when and how trials went, challenges, sessions, decisions
//! and who changed what, in SQLite or PostgreSQL.
//!
//! Not for: deciding anything. Precedence of properties, hashing of passwords and the meaning of a chain are the gate's; here a
//! value comes back as it was put, or as an error. This is the only crate that names SQL.

mod audit;
mod bulk;
mod challenges;
mod changes;
mod commit_login;
mod components;
mod database;
mod deadlines;
mod decisions;
mod disk;
mod disk_room;
mod error;
mod ids;
mod logins;
mod logs;
mod migrations;
mod names;
mod page;
mod passwords;
mod policies;
mod postgres;
mod profiles;
mod properties;
mod queue;
mod readers;
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
mod uncounted;
mod versions;

use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Pool;
use vestibule_domain::{Secret, TenantName};

pub use audit::{AuditRow, By};
pub use challenges::{NewChallenge, Taken};
pub use commit_login::{Effects, Save};
pub use components::Component;
pub use decisions::{DecisionFilter, DecisionRow, LOOKED_AT};
pub use disk::KeptBytes;
pub use error::{ActivateError, AddError, Error, MAX_STATE_BYTES, SaveError};
pub use ids::new_id;
pub use logs::{Log, LogSpan, PruneFilter};
pub use page::Page;
pub use passwords::{Lockout, Password};
pub use policies::{Deleted, PolicyRow};
pub use profiles::{Edit, LoginProfiles, ProfileFilter, ProfilePage};
pub use readers::{Administrators, Logins, Reader};
pub use revisions::{KEPT_REVISIONS, RevisionRow};
pub use sessions::Session;
pub use signatures::MAX_SIGNATURES;
pub use sqlite::DATABASE_FILE;
pub use tenants::TenantRow;
pub use tokens::TokenRow;
pub use trials::{KEPT_DIFFERENCES, TrialRow};
pub use versions::{Added, NewVersion, Room, VersionRow};

use database::Database;
use disk::{Disk, Place};
use logins::AskedTogether;
use queue::{MAX_BATCH, Queue};
use readers::Readers;
use statement::Executor;
use uncounted::Uncounted;

/// An open store, which reads for logins or for administrators. Clones share it; the last one dropped closes it, [`Store::close`] waits
/// for that.
///
/// What a method has written is durable when it returns. Reads take one round trip on a connection of a pool, and no call
/// waits for a silent database for ever: it fails as [`Error::Unavailable`].
pub struct Store<R: Reader = Logins>(Arc<Parts>, PhantomData<R>);

struct Parts {
    readers: Readers,
    logins: AskedTogether,
    /// For users, groups and all that logins leave behind.
    queue: Queue,
    /// For [`registry`]: its changes wait for each other. Logins wait for none of them in PostgreSQL; SQLite has one writer, which both
    /// queues take in turns.
    registry: Queue,
    disk: Disk,
    uncounted: Uncounted,
}

impl<R: Reader> Clone for Store<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0), PhantomData)
    }
}

impl Store {
    /// Opens the SQLite database in a data directory, and makes both if they are not there: the directory with mode 0700, the
    /// file [`DATABASE_FILE`] with 0600. Several processes may open the same one. Needs a Tokio runtime with time and I/O.
    ///
    /// # Errors
    /// [`Error::Directory`] and [`Error::NotPrivate`] if the directory cannot be used; [`Error::NotAFile`] for a symbolic link
    /// in place of the file; [`Error::NotADatabase`] and [`Error::Foreign`] for what is not ours; [`Error::Newer`] if a later
    /// program wrote it; [`Error::Locked`] if another process keeps it to itself; [`Error::OneName`] for two records of one name. None of
    /// them changes the file.
    pub async fn open(directory: &Path) -> Result<Self, Error> {
        let sqlite::Pools { logins, administrators, writer } = sqlite::open(directory).await?;
        let (logins, administrators) = (Database::Sqlite(logins), Database::Sqlite(administrators));
        let readers = Readers::new(logins, administrators, sqlite::administrators());
        // SQLite has one writer at a time, and reads faster than one task can ask.
        Ok(Self::of(readers, 1, &writer, 1, Place::Directory(directory.to_owned())))
    }

    /// Connects to the PostgreSQL database of a URL, `postgres://user:password@host/database`. Several nodes may use one. Needs
    /// a Tokio runtime with time and I/O.
    ///
    /// # Errors
    /// [`Error::Url`]; [`Error::Unavailable`] if there is no answer within five seconds, or a refusal; [`Error::Newer`] if a
    /// later program wrote it; [`Error::OneName`] for two records of one name. None of them changes what is on record.
    pub async fn connect(url: &Secret) -> Result<Self, Error> {
        let postgres::Pools { logins, administrators, writers, sizes } = postgres::connect(url).await?;
        let (logins, administrators) = (Database::Postgres(logins), Database::Postgres(administrators));
        let readers = Readers::new(logins, administrators, sizes.administrators);
        Ok(Self::of(readers, sizes.asking(), &writers, sizes.batches(), Place::Elsewhere))
    }

    fn of<DB>(readers: Readers, asking: usize, pool: &Pool<DB>, writers: usize, place: Place) -> Self
    where
        DB: sqlx::Database,
        DB::Connection: Executor<Database = DB>,
    {
        let logins = AskedTogether::start(&readers.logins, asking);
        let room = queue::waiting();
        let (queue, registry) = (Queue::start(pool, writers, MAX_BATCH, &room), Queue::start(pool, 1, 1, &room));
        let (disk, uncounted) = (Disk::new(place), Uncounted::default());
        Self(Arc::new(Parts { readers, logins, queue, registry, disk, uncounted }), PhantomData)
    }
}

impl<R: Reader> Store<R> {
    /// The same store, reading for administrators.
    pub fn for_administrators(&self) -> Store<Administrators> {
        Store(Arc::clone(&self.0), PhantomData)
    }

    /// Writes what is waiting to be written, then closes all connections. Calls after that fail as [`Error::Closed`].
    pub async fn close(&self) {
        self.0.logins.close();
        self.0.queue.close().await;
        self.0.registry.close().await;
        self.0.readers.close().await;
    }

    /// What a read on behalf of a tenant, or of the operator, holds meanwhile.
    async fn turn(&self, tenant: Option<&TenantName>) -> Result<R::Turn, Error> {
        R::turn(&self.0.readers, tenant).await
    }

    fn database(&self) -> &Database {
        R::database(&self.0.readers)
    }

    /// How long a read may take, and whether SQLite looks at the clock meanwhile.
    fn deadline(&self) -> (Duration, bool) {
        (R::DEADLINE, R::WATCHED)
    }
}
