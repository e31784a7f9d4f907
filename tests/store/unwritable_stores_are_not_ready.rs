//! A store that cannot be written is not ready, though it can be read.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use vestibule_store::{Error, Lockout, Store};

use crate::harness::{Home, Postgres, at, on_every_store, tenant};

on_every_store!(a_store_that_takes_no_writes_is_not_ready, a_store_that_cannot_count_wrong_passwords_is_not_ready);

async fn a_store_that_takes_no_writes_is_not_ready(home: Home) {
    assert_eq!(home.store.check().await, Ok(()));
    home.execute("alter table pulse add column no_room integer check (beat < 2)").await;
    assert!(home.store.check().await.is_err());
    assert!(home.store.latest_stamp().await.is_ok());
}

#[tokio::test]
async fn a_store_one_of_whose_tables_is_locked_is_not_ready() {
    let url = Postgres::shared().database().await;
    let store = Store::connect(&url).await.unwrap();
    assert_eq!(store.check().await, Ok(()));
    let mut somebody = PgConnection::connect(url.expose()).await.unwrap();
    let mut held = somebody.begin().await.unwrap();
    sqlx::query("lock table decision in access exclusive mode").execute(&mut *held).await.unwrap();
    assert!(matches!(store.check().await, Err(Error::Unavailable(_) | Error::Locked)));
    held.rollback().await.unwrap();
    while store.check().await.is_err() {}
}

async fn a_store_that_cannot_count_wrong_passwords_is_not_ready(home: Home) {
    let (store, lockout) = (&home.store, Lockout { after: 3, lasts: Duration::from_secs(60) });
    store.set_password(&tenant(), "joe", "hash", u32::MAX, None).await.unwrap();
    home.execute("alter table password add column no_room integer check (failures = 0)").await;
    assert_eq!(store.check().await, Ok(()));
    assert!(store.count_failure(&tenant(), "joe", at(0), &lockout).await.is_err());
    assert!(matches!(store.check().await, Err(Error::Unavailable(_))));
    // Nobody has this name, and that can be found out.
    assert_eq!(store.count_failure(&tenant(), "nobody", at(0), &lockout).await, Ok(None));
    assert_eq!(store.check().await, Ok(()));
}
