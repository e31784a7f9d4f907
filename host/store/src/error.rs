//! Why the store gave no answer: one variant for each thing an administrator would do about it.
//!
//! Not for: clients. The texts are for the log; they name tenants and profiles, never a value.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::migrate::MigrateError;
use vestibule_domain::{TenantName, properties, user};
use vestibule_ledger::Refused;

/// The largest state of a challenge or a session, in bytes.
pub const MAX_STATE_BYTES: usize = 1024 * 1024;

/// Why a call failed. Nothing was written then, except where a connection broke, or time ran out, while it was being committed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The data directory, or the file in it, cannot be made or opened.
    #[error("the data directory `{}` cannot be used: {reason}", path.display())]
    Directory {
        /// As given.
        path: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// The data directory belongs to another user, or others may write to it.
    #[error("the data directory `{}` belongs to another user, or others may write to it", .0.display())]
    NotPrivate(PathBuf),
    /// A symbolic link, a directory or a device stands in place of the database.
    #[error("`{}` is not a plain file: nothing else is opened as a database", .0.display())]
    NotAFile(PathBuf),
    /// The file is no SQLite database.
    #[error("`{}` is not a database", .0.display())]
    NotADatabase(PathBuf),
    /// The file is a database of another program.
    #[error("`{}` is the database of another program", .0.display())]
    Foreign(PathBuf),
    /// The database has been migrated by a later version of this program, up to this migration at least.
    #[error("the database is newer than this program: it has migration {0}, which this program does not know")]
    Newer(i64),
    /// The database was migrated by a program that has another text for this migration, or stopped within it.
    #[error("the database does not fit this program: its migration {0} is a different one, or incomplete")]
    Misfit(i64),
    /// Two records whose names are two spellings of one: a login would see one of them only.
    #[error("tenant `{tenant}` has two records of one name, `{}` and `{}`: delete or rename one of them with a client of the database",
        one.escape_default(), other.escape_default())]
    OneName {
        /// Whose they are.
        tenant: String,
        /// As it is stored.
        one: String,
        /// Likewise.
        other: String,
    },
    /// The URL of a PostgreSQL database cannot be read. It may hold a password, so it is not quoted.
    #[error("the database's URL is not of the form `postgres://user:password@host/database`")]
    Url,
    /// No connection, or no answer in time.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// What was asked for would take too long, and was broken off: it looks at too much.
    #[error("it takes too long: ask for less at a time")]
    TooSlow,
    /// More of what a login has to look through than it can.
    #[error("all {what} together have more than {most} bytes: no login can look through them")]
    TooLong {
        /// Of what.
        what: &'static str,
        /// How many bytes there may be.
        most: i64,
    },
    /// A tenant keeps more than it may.
    #[error("the tenant keeps {bytes} bytes, and may keep {most}: what is old has to go first")]
    Quota {
        /// What it keeps.
        bytes: u64,
        /// What it may keep.
        most: u64,
    },
    /// The disk has no more left than the host keeps for itself.
    #[error("the disk has {free} bytes left, and {reserve} are kept for the host itself")]
    Reserve {
        /// What it has left.
        free: u64,
        /// What is kept.
        reserve: u64,
    },
    /// Others of the same tenant are served, or wait.
    #[error(transparent)]
    Busy(#[from] Refused),
    /// Somebody else has held a lock for too long.
    #[error("the database is locked by another process")]
    Locked,
    /// No room to write.
    #[error("the database's disk is full")]
    Full,
    /// Writing is not permitted: a read-only file system, or a standby server.
    #[error("the database is read-only")]
    ReadOnly,
    /// The database engine found its own file inconsistent, or the disk failed.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// A profile's stored properties are none.
    #[error("the profile `{profile}` of tenant `{tenant}` is damaged: {reason}")]
    Damaged {
        /// Whose profile.
        tenant: TenantName,
        /// Its name.
        profile: String,
        /// What is wrong with it, cut to a line.
        reason: String,
    },
    /// A name that no profile can have.
    #[error("no name for a profile: {0}")]
    Name(user::Error),
    /// More properties than one profile can have.
    #[error("too much for one profile: {0}")]
    Properties(#[from] properties::Error),
    /// A profile that others kept changing while it was to be changed.
    #[error("the profile `{0}` is being changed by others")]
    Contended(String),
    /// There is no such tenant to give something to.
    #[error("there is no tenant `{0}`")]
    UnknownTenant(TenantName),
    /// As many as there may be of something that a tenant has.
    #[error("no more than {most} {what}")]
    TooMany {
        /// How many there may be.
        most: u32,
        /// Of what.
        what: &'static str,
    },
    /// A challenge's or a session's state over [`MAX_STATE_BYTES`].
    #[error("a state of {0} bytes is more than {max}", max = MAX_STATE_BYTES)]
    StateTooLarge(usize),
    /// An id that a challenge or a decision of this tenant has already, or another token.
    #[error("the id is already used")]
    IdUsed,
    /// A text with a NUL character, which PostgreSQL does not take.
    #[error("a text has a NUL character, which the database does not take")]
    Nul,
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// Anything else the database reports.
    #[error("the database failed: {0}")]
    Failed(String),
}

/// Why a save was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SaveError {
    /// The user's properties are no longer those that were seen.
    #[error("the user's properties have changed meanwhile")]
    Conflict,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Why a version was not added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddError {
    /// It does not fit beside what is stored, in bytes.
    #[error("there is no room beside the {stored} bytes that are stored")]
    NoRoom {
        /// What the tenant's versions have.
        stored: u64,
    },
    /// It would make one more policy than the tenant may have.
    #[error("there are as many policies as there may be")]
    TooManyPolicies,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Why a revision was not activated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActivateError {
    /// The active revision is no longer the expected one.
    #[error("another revision has been activated meanwhile")]
    Conflict,
    /// The revision would use a version that is not stored.
    #[error("the policy `{policy}` has no version {number}")]
    NoVersion {
        /// The policy's name.
        policy: String,
        /// The version's number.
        number: i64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Error {
    /// Whether it is the database that fails, and not what it was asked.
    pub const fn is_unavailable(&self) -> bool {
        !matches!(
            self,
            Self::Name(_)
                | Self::Properties(_)
                | Self::UnknownTenant(_)
                | Self::TooMany { .. }
                | Self::StateTooLarge(_)
                | Self::IdUsed
                | Self::Nul
        )
    }

    /// After how long another try may succeed, where it is the load that is in the way.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy(_) | Self::TooSlow => Some(Duration::from_secs(1)),
            _ => None,
        }
    }

    /// Whether the next write would fail the same way, whatever it is.
    pub(crate) const fn concerns_every_write(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Full | Self::ReadOnly | Self::Corrupt(_) | Self::Closed)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => match database.try_downcast_ref::<sqlx::sqlite::SqliteError>() {
                Some(sqlite) => of_sqlite(sqlite),
                None => of_postgres(&**database),
            },
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => Self::Unavailable(error.to_string()),
            sqlx::Error::PoolTimedOut => Self::Unavailable("no free connection in time".to_owned()),
            sqlx::Error::WorkerCrashed => Self::Unavailable("the connection's thread has ended".to_owned()),
            sqlx::Error::PoolClosed => Self::Closed,
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<MigrateError> for Error {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::Newer(version),
            MigrateError::VersionMismatch(version) | MigrateError::Dirty(version) => Self::Misfit(version),
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// Result codes: <https://www.sqlite.org/rescode.html>. The low byte is the primary code.
fn of_sqlite(error: &dyn sqlx::error::DatabaseError) -> Error {
    if error.is_unique_violation() {
        return Error::IdUsed;
    }
    let code = error.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or_default();
    match code & 0xff {
        5 | 6 => Error::Locked,
        9 => Error::TooSlow,
        8 => Error::ReadOnly,
        13 => Error::Full,
        10 | 11 | 26 => Error::Corrupt(error.to_string()),
        14 => Error::Unavailable(error.to_string()),
        _ => Error::Failed(error.to_string()),
    }
}

/// Error codes: PostgreSQL 15, appendix A. The first two characters are the class.
fn of_postgres(error: &dyn sqlx::error::DatabaseError) -> Error {
    if error.is_unique_violation() {
        return Error::IdUsed;
    }
    let code = error.code().unwrap_or_default();
    match &*code {
        "53100" => Error::Full,
        "25006" => Error::ReadOnly,
        // The only character of UTF-8 that it does not have.
        "22021" => Error::Nul,
        // Serialisation failure, deadlock, lock not available.
        "40001" | "40P01" | "55P03" => Error::Locked,
        // Cancelled by a time limit.
        "57014" => Error::TooSlow,
        _ if code.starts_with("XX0") => Error::Corrupt(error.to_string()),
        // Connections, authentication, no such database, resources, the operator's intervention, system errors.
        _ if ["08", "28", "3D", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => {
            Error::Unavailable(error.to_string())
        }
        _ => Error::Failed(error.to_string()),
    }
}
