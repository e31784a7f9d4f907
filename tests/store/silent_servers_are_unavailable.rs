//! A PostgreSQL server that refuses, hangs or goes away is unavailable within seconds, and used again when it is back.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use vestibule_domain::Secret;
use vestibule_store::{Error, Store};

use crate::harness::{Leaves as _, Postgres, by, properties, tenant};

/// The promised five seconds, and some for a busy machine.
const DEADLINE: Duration = Duration::from_secs(8);

async fn is_unavailable(url: String) {
    let start = Instant::now();
    let error = Store::connect(&Secret::new(url)).await.err();
    assert!(matches!(error, Some(Error::Unavailable(_))), "{error:?}");
    assert!(!error.unwrap().to_string().contains("secret"));
    assert!(start.elapsed() < DEADLINE, "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_server_that_refuses_or_hangs_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://joe:secret@{}/vestibule", listener.local_addr().unwrap());
    is_unavailable(url.clone()).await;
    drop(listener);
    is_unavailable(url).await;
}

#[tokio::test]
async fn a_database_that_is_not_there_is_unavailable() {
    let url = Postgres::shared().database().await;
    is_unavailable(format!("{}_of_somebody_else", url.expose())).await;
}

#[tokio::test]
async fn a_server_that_crashed_is_unavailable_until_it_is_back() {
    let mut server = Postgres::start();
    let store = Store::connect(&server.database().await).await.unwrap();
    let one = properties(&[("a", "1")]);
    store.save(&tenant(), "joe", None, &one).await.unwrap();

    server.stops();
    let start = Instant::now();
    let (read, write) = (store.profile(&tenant(), "joe").await, store.delete_session(&tenant(), "s").await);
    let change = store.set_tenant(&tenant(), Some("{}"), Some("{}"), &by()).await;
    assert!(matches!(read, Err(Error::Unavailable(_))), "{read:?}");
    assert!(matches!(write, Err(Error::Unavailable(_))), "{write:?}");
    assert!(matches!(change, Err(Error::Unavailable(_))), "{change:?}");
    assert!(start.elapsed() < 3 * DEADLINE, "{:?}", start.elapsed());

    server.starts_again();
    // Connections of before may each fail once more.
    let until = Instant::now() + DEADLINE;
    while !is_back(&store).await {
        assert!(Instant::now() < until, "the server is back, but not used");
    }
    assert_eq!(store.profile(&tenant(), "joe").await, Ok(Some(one)));
}

async fn is_back(store: &Store) -> bool {
    for _ in 0..20 {
        let (read, write) = (store.profile(&tenant(), "joe").await, store.delete_session(&tenant(), "s").await);
        let change = store.set_tenant(&tenant(), Some("{}"), Some("{}"), &by()).await;
        if read.is_err() || write.is_err() || change.is_err() {
            return false;
        }
    }
    true
}
