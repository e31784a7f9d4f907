//! What is not ours, or not for us, gets one clear sentence, and stays as it was.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;
use vestibule_store::{DATABASE_FILE, Error, Store};

use crate::harness::{Edits as _, Home, Lists as _, on_every_store, properties, sqlite, tenant};

on_every_store!(a_newer_database_is_refused_and_unharmed, a_migration_of_another_text_is_refused);

async fn a_newer_database_is_refused_and_unharmed(home: Home) {
    home.store.put_properties(&tenant(), "joe", &properties(&[("a", "1")]), None).await.unwrap();
    home.execute(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'of the future', true, '', 0)",
    )
    .await;
    let error = home.another().await.err();
    assert_eq!(error, Some(Error::Newer(9999)));
    assert!(error.unwrap().to_string().contains("newer than this program"));

    home.execute("delete from _sqlx_migrations where version = 9999").await;
    let store = home.another().await.unwrap();
    assert_eq!(store.profile(&tenant(), "joe").await, Ok(Some(properties(&[("a", "1")]))));
}

async fn a_migration_of_another_text_is_refused(home: Home) {
    home.execute("update _sqlx_migrations set checksum = 'x' where version = 1").await;
    assert_eq!(home.another().await.err(), Some(Error::Misfit(1)));
}

fn directory_with(bytes: &[u8]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(DATABASE_FILE), bytes).unwrap();
    directory
}

async fn refusal(directory: &Path) -> Error {
    match Store::open(directory).await {
        Err(error) => error,
        Ok(_) => panic!("it was opened"),
    }
}

#[tokio::test]
async fn a_file_of_garbage_is_no_database() {
    let looks_right = [b"SQLite format 3\0".as_slice(), &[0xff; 8000]].concat();
    for garbage in [b"hello".as_slice(), &[0; 4096], "[settings]\n".repeat(1000).as_bytes(), &looks_right] {
        let directory = directory_with(garbage);
        let file = directory.path().canonicalize().unwrap().join(DATABASE_FILE);
        assert_eq!(refusal(directory.path()).await, Error::NotADatabase(file.clone()));
        assert_eq!(fs::read(file).unwrap(), garbage);
    }
}

#[tokio::test]
async fn a_database_of_another_program_is_left_alone() {
    let directory = directory_with(b"");
    let mut connection = sqlite(directory.path()).await;
    sqlx::query("create table bookmarks (url text)").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let file = directory.path().canonicalize().unwrap().join(DATABASE_FILE);
    let before = fs::read(&file).unwrap();
    assert_eq!(refusal(directory.path()).await, Error::Foreign(file.clone()));
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn damaged_pages_are_an_error() {
    let home = Home::on_sqlite().await;
    for number in 0..100 {
        home.store.put_properties(&tenant(), &format!("u{number}"), &properties(&[("a", "1")]), None).await.unwrap();
    }
    home.store.close().await;
    let file = Path::new(&home.argument()).join(DATABASE_FILE);
    let mut bytes = fs::read(&file).unwrap();
    bytes[4096..].fill(0x5a);
    fs::write(&file, &bytes).unwrap();
    let error = match home.another().await {
        Ok(store) => store.all_profiles(&tenant(), "").await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, Error::Corrupt(_)), "{error:?}");
}

#[tokio::test]
async fn a_link_in_place_of_the_file_is_not_followed() {
    let (directory, target) = (tempfile::tempdir().unwrap(), directory_with(b""));
    symlink(target.path().join(DATABASE_FILE), directory.path().join(DATABASE_FILE)).unwrap();
    assert!(matches!(refusal(directory.path()).await, Error::NotAFile(_)));
    assert_eq!(fs::read(target.path().join(DATABASE_FILE)).unwrap(), b"");

    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join(DATABASE_FILE)).unwrap();
    assert!(matches!(refusal(directory.path()).await, Error::NotAFile(_)));
}

#[tokio::test]
async fn what_is_made_is_private_and_what_is_open_to_others_is_refused() {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("var/vestibule");
    let store = Store::open(&directory).await.unwrap();
    store.put_properties(&tenant(), "joe", &properties(&[("a", "1")]), None).await.unwrap();
    assert_eq!(mode(&directory), 0o700);
    for entry in fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    store.close().await;

    fs::set_permissions(&directory, Permissions::from_mode(0o777)).unwrap();
    assert_eq!(refusal(&directory).await, Error::NotPrivate(directory));
    let home = directory_with(b"");
    let below_a_file = home.path().join(DATABASE_FILE).join("below");
    assert!(matches!(refusal(&below_a_file).await, Error::Directory { .. }));
}

#[tokio::test]
async fn a_database_that_somebody_keeps_locked_is_locked() {
    let home = Home::on_sqlite().await;
    let mut somebody: SqliteConnection = sqlite(Path::new(&home.argument())).await;
    sqlx::query("begin immediate").execute(&mut somebody).await.unwrap();
    let (tenant, one) = (tenant(), properties(&[("a", "1")]));
    let (put, another) = tokio::join!(home.store.put_properties(&tenant, "joe", &one, None), home.another());
    assert_eq!((put, another.err()), (Err(Error::Locked), Some(Error::Locked)));
    // Reading goes on.
    assert_eq!(home.store.profile(&tenant, "joe").await, Ok(None));
    sqlx::query("rollback").execute(&mut somebody).await.unwrap();
    home.store.put_properties(&tenant, "joe", &one, None).await.unwrap();
}
