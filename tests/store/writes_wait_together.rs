//! Writes that wait together are committed together, and each keeps its own answer.

use std::time::{Duration, Instant};

use sqlx::{Connection as _, PgConnection};
use tokio::task::JoinSet;
use vestibule_store::{DecisionFilter, Error, SaveError};

use crate::harness::{
    Edits as _, Home, Leaves as _, Lists as _, Reads as _, by, decision, listed, on_every_store, properties, tenant,
};

on_every_store!(each_write_keeps_its_own_answer, a_closed_store_has_written_what_it_took);

async fn each_write_keeps_its_own_answer(home: Home) {
    home.store.put_properties(&tenant(), "taken", &properties(&[("a", "1")]), None).await.unwrap();
    home.store.record(&tenant(), &decision("taken")).await.unwrap();

    let mut writes = JoinSet::new();
    for number in 0..300 {
        let store = home.store.clone();
        writes.spawn(async move {
            match number % 4 {
                // Fails within the transaction that it shares.
                0 => assert_eq!(store.record(&tenant(), &decision("taken")).await, Err(Error::IdUsed.into())),
                1 => assert_eq!(store.record(&tenant(), &decision(&format!("d{number}"))).await, Ok(())),
                2 => {
                    let save = store.save(&tenant(), "taken", None, &properties(&[("a", "2")])).await;
                    assert_eq!(save, Err(SaveError::Conflict));
                }
                _ => {
                    let save = store.save(&tenant(), &format!("u{number}"), None, &properties(&[("a", "3")])).await;
                    assert_eq!(save, Ok(()));
                }
            }
        });
    }
    writes.join_all().await;
    assert_eq!(home.store.all_profiles(&tenant(), "u").await.unwrap().len(), 75);
    assert_eq!(home.store.profile(&tenant(), "taken").await, Ok(Some(properties(&[("a", "1")]))));
    assert_eq!(home.store.find_decisions(&tenant(), &DecisionFilter::default(), 1000, None).await.unwrap().len(), 151);
}

async fn a_closed_store_has_written_what_it_took(home: Home) {
    let mut saves = JoinSet::new();
    for number in 0..50 {
        let store = home.store.clone();
        saves
            .spawn(async move { store.save(&tenant(), &format!("u{number}"), None, &properties(&[("a", "1")])).await });
    }
    home.store.close().await;
    let saved = saves.join_all().await;
    let closed = Err(SaveError::Store(Error::Closed));
    assert!(saved.iter().all(|save| *save == Ok(()) || *save == closed), "{saved:?}");

    assert_eq!(home.store.create_tenant(&listed(&tenant()), &by()).await, Err(Error::Closed));
    assert_eq!(home.store.profile(&tenant(), "u0").await, Err(Error::Closed));
    let again = home.another().await.unwrap();
    let kept = again.all_profiles(&tenant(), "u").await.unwrap().len();
    assert_eq!(kept, saved.iter().filter(|save| save.is_ok()).count());
}

/// PostgreSQL tells which transaction wrote a row. On one thread, all saves are waiting before the first one is taken up.
#[tokio::test]
async fn two_hundred_saves_need_few_transactions() {
    let home = Home::on_postgres().await;
    let mut saves = JoinSet::new();
    for number in 0..200 {
        let store = home.store.clone();
        saves
            .spawn(async move { store.save(&tenant(), &format!("u{number}"), None, &properties(&[("a", "1")])).await });
    }
    assert!(saves.join_all().await.iter().all(Result::is_ok));
    let mut connection = PgConnection::connect(&home.argument()).await.unwrap();
    let (rows, transactions): (i64, i64) = sqlx::query_as("select count(*), count(distinct xmin::text) from profile")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert!(rows == 200 && transactions <= 8, "{transactions} transactions for {rows} rows");
}

/// Whoever has locked a table has all writes wait, each for as long as the server lets it.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_behind_a_locked_table_for_longer_than_for_one_write_and_nothing_is_saved_for_who_was_denied() {
    let home = Home::on_postgres().await;
    let mut somebody = PgConnection::connect(&home.argument()).await.unwrap();
    let mut held = somebody.begin().await.unwrap();
    sqlx::query("lock table decision in access exclusive mode").execute(&mut *held).await.unwrap();
    let (began, mut writes) = (Instant::now(), JoinSet::new());
    for number in 0..60 {
        let store = home.store.clone();
        writes.spawn(async move { store.record(&tenant(), &decision(&format!("d{number}"))).await });
    }
    let answers = writes.join_all().await;
    assert!(answers.iter().all(Result::is_err), "{answers:?}");
    assert!(began.elapsed() < Duration::from_secs(13), "{:?}", began.elapsed());
    // What has begun is given up by the server, for which nobody waits.
    tokio::time::sleep(Duration::from_secs(4)).await;
    held.rollback().await.unwrap();
    home.store.record(&tenant(), &decision("later")).await.unwrap();
    assert_eq!(home.count("select count(*) from decision").await, 1);
}
