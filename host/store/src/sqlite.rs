//! The database as one file in a data directory that nobody else can write to.
//!
//! Not for: network file systems, on which the file's locks and shared memory do not work.

use std::fs::DirBuilder;
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, MetadataExt as _, OpenOptions, OpenOptionsExt as _};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, SqlitePool};
use vestibule_os::file;

use crate::statement::STATEMENTS;
use crate::{Error, migrations, names};

/// The database in the data directory. Beside it SQLite keeps its log and its index, while it is open.
pub const DATABASE_FILE: &str = "vestibule.db";

/// How long to wait for another process that writes, and for a connection of the pool.
const PATIENCE: Duration = Duration::from_secs(5);
/// Readers of logins at a time: each is a thread, and a read takes some ten microseconds.
const READERS: u32 = 8;
/// Readers of administrators: two at least, so that one tenant leaves one, and no more than half of the processors.
const MIN_ADMINISTRATORS: u32 = 2;
/// After how many instructions of its virtual machine SQLite looks at the clock: some ten microseconds.
const WATCH_EVERY: i32 = 1_000;
/// What each reader keeps of the file in its own memory, in KiB (a negative number, where a positive one counts pages). By SQLite's default
/// it is four times as much: readers fill that sooner or later, and what they do not keep, the kernel does.
const READER_CACHE_KIB: &str = "-512";
/// The log is cut to this size when it has been copied into the database.
const MAX_LOG_BYTES: &str = "67108864";
/// What every database begins with: <https://www.sqlite.org/fileformat.html>, section 1.3.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// The same number as in the first migration.
const APPLICATION_ID: i64 = 0x5645_5354;

/// What is open: connections for reading, and the one for writing.
pub(crate) struct Pools {
    pub(crate) logins: SqlitePool,
    pub(crate) administrators: SqlitePool,
    pub(crate) writer: SqlitePool,
}

/// While it lives, what is read on the connection that it was made for may go on.
pub(crate) struct Watch(#[expect(dead_code, reason = "only whether it is there counts")] Arc<()>);

pub(crate) async fn open(directory: &Path) -> Result<Pools, Error> {
    let file = prepare(directory)?;
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .busy_timeout(PATIENCE)
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS)
        .synchronous(SqliteSynchronous::Full)
        .pragma("journal_size_limit", MAX_LOG_BYTES)
        .disable_statement_logging();
    migrate(&options, &file).await?;
    let pool = |connections| {
        let pool = SqlitePoolOptions::new().max_connections(connections).acquire_timeout(PATIENCE);
        pool.test_before_acquire(false).idle_timeout(None).max_lifetime(None)
    };
    let reading = options.clone().pragma("query_only", "on").pragma("cache_size", READER_CACHE_KIB);
    Ok(Pools {
        logins: pool(READERS).connect_lazy_with(reading.clone()),
        administrators: pool(administrators()).connect_lazy_with(reading),
        writer: pool(1).connect_lazy_with(options),
    })
}

/// How many administrators read at once.
pub(crate) fn administrators() -> u32 {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(processors / 2).unwrap_or(u32::MAX).max(MIN_ADMINISTRATORS)
}

/// Has SQLite look at the clock while it reads what comes next on a connection, and break it off when its time is up or nobody waits for
/// it any longer: a future that is dropped does not stop the thread behind it.
pub(crate) async fn watch(connection: &mut SqliteConnection, deadline: Duration, watched: bool) -> sqlx::Result<Watch> {
    let watch = Arc::new(());
    if watched {
        let (until, waits) = (Instant::now() + deadline, Arc::downgrade(&watch));
        let mut handle = connection.lock_handle().await?;
        handle.set_progress_handler(WATCH_EVERY, move || waits.strong_count() > 0 && Instant::now() < until);
    }
    Ok(Watch(watch))
}

/// Makes the directory and an empty file in it, or looks whether those that are there can be ours. Returns the file's path.
fn prepare(path: &Path) -> Result<PathBuf, Error> {
    let unusable = |error: io::Error| Error::Directory { path: path.to_owned(), reason: error.to_string() };
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
    let directory = Dir::open_ambient_dir(path, ambient_authority()).map_err(unusable)?;
    let metadata = directory.dir_metadata().map_err(unusable)?;
    if metadata.uid() != rustix::process::geteuid().as_raw() || metadata.mode() & 0o022 != 0 {
        return Err(Error::NotPrivate(path.to_owned()));
    }
    let file = path.canonicalize().map_err(unusable)?.join(DATABASE_FILE);
    for beside in ["-wal", "-shm", "-journal"].map(|end| format!("{DATABASE_FILE}{end}")) {
        // SQLite opens these, too, and would wait for whoever writes to a pipe.
        if directory.symlink_metadata(&beside).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(Error::NotAFile(path.join(beside)));
        }
    }
    match directory.symlink_metadata(DATABASE_FILE) {
        Ok(metadata) if metadata.is_file() => ensure_database(&directory, &file, unusable)?,
        Ok(_) => return Err(Error::NotAFile(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => create(&directory).map_err(unusable)?,
        Err(error) => return Err(unusable(error)),
    }
    Ok(file)
}

/// SQLite takes a file shorter than its header for an empty database, and writes over it.
fn ensure_database(directory: &Dir, path: &Path, unusable: impl Fn(io::Error) -> Error) -> Result<(), Error> {
    let mut beginning = Vec::new();
    let file = file::open_in(directory, DATABASE_FILE).map_err(&unusable)?;
    file.take(16).read_to_end(&mut beginning).map_err(unusable)?;
    let ours = beginning.is_empty() || beginning == MAGIC;
    if ours { Ok(()) } else { Err(Error::NotADatabase(path.to_owned())) }
}

fn create(directory: &Dir) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    match directory.open_with(DATABASE_FILE, &options) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        // The entry itself has to survive a loss of power, too.
        _ => directory.open(".")?.sync_all(),
    }
}

/// Brings the file up to date in one transaction, which also keeps two processes from doing so at once.
async fn migrate(options: &SqliteConnectOptions, file: &Path) -> Result<(), Error> {
    let mut connection = options.connect().await.map_err(|error| opening(error, file))?;
    let migrated = migrate_on(&mut connection, file).await;
    let closed = connection.close().await;
    migrated?;
    Ok(closed?)
}

async fn migrate_on(connection: &mut SqliteConnection, file: &Path) -> Result<(), Error> {
    ensure_ours(connection, file).await?;
    set_journal_mode(connection).await?;
    let mut transaction = connection.begin_with("begin immediate").await?;
    migrations::sqlite().run_direct(None, &mut *transaction, false).await?;
    names::settle(&mut *transaction, names::IN_SQLITE).await?;
    Ok(transaction.commit().await?)
}

/// A database with tables, but without our mark, is another program's.
async fn ensure_ours(connection: &mut SqliteConnection, file: &Path) -> Result<(), Error> {
    let (id, tables): (i64, i64) = sqlx::query_as(
        "select (select application_id from pragma_application_id), (select count(*) from sqlite_schema)",
    )
    .fetch_one(connection)
    .await
    .map_err(|error| opening(error, file))?;
    if id == APPLICATION_ID || (id == 0 && tables == 0) { Ok(()) } else { Err(Error::Foreign(file.to_owned())) }
}

/// The mode stays with the file. Changing it needs the file alone, for which SQLite does not wait by itself; this is only ever
/// contended when two processes open a new file at the same moment.
async fn set_journal_mode(connection: &mut SqliteConnection) -> Result<(), Error> {
    let mut tries = 50;
    loop {
        let set = sqlx::query("pragma journal_mode = wal").execute(&mut *connection).await.map_err(Error::from);
        match set {
            Err(Error::Locked) if tries > 0 => {
                tries -= 1;
                tokio::time::sleep(PATIENCE / 50).await;
            }
            other => return other.map(|_| ()),
        }
    }
}

/// What a file that only looks like a database is called, when that shows.
fn opening(error: sqlx::Error, file: &Path) -> Error {
    let code = error.as_database_error().and_then(|error| error.code()).and_then(|code| code.parse::<u32>().ok());
    // SQLITE_NOTADB
    if code == Some(26) { Error::NotADatabase(file.to_owned()) } else { error.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDLESS: &str = "
        with recursive numbers (number) as (select 1 union all select number + 1 from numbers) select count(*) from numbers";

    async fn connection() -> SqliteConnection {
        SqliteConnection::connect("sqlite::memory:").await.unwrap()
    }

    #[tokio::test]
    async fn what_takes_too_long_is_broken_off_and_the_connection_reads_on() {
        let mut connection = connection().await;
        let watched = watch(&mut connection, Duration::ZERO, true).await.unwrap();
        let endless = sqlx::query(ENDLESS).execute(&mut connection).await;
        assert_eq!(endless.map_err(Error::from).unwrap_err(), Error::TooSlow);
        drop(watched);
        let _watched = watch(&mut connection, PATIENCE, true).await.unwrap();
        let one: i64 = sqlx::query_scalar("select 1").fetch_one(&mut connection).await.unwrap();
        assert_eq!(one, 1);
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_longer_is_broken_off() {
        let mut connection = connection().await;
        drop(watch(&mut connection, Duration::from_secs(3600), true).await.unwrap());
        let endless = sqlx::query(ENDLESS).execute(&mut connection).await;
        assert_eq!(endless.map_err(Error::from).unwrap_err(), Error::TooSlow);
    }
}
