//! A store that cannot be written is not ready, though it can be read.

use sqlx::{Connection as _, PgConnection};
use vestibule_store::{Error, Store};

use crate::harness::{Home, Postgres, on_every_store};

on_every_store!(a_store_that_takes_no_writes_is_not_ready);

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
