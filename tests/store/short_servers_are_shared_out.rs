//! A PostgreSQL server that permits few connections is used with as many: nobody waits for one that is refused again and again.

use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use vestibule_domain::Secret;
use vestibule_store::{DecisionFilter, Error, Store};

use crate::harness::{Leaves as _, Postgres, Reads as _, decision, tenant};

/// The URL of a database whose owner may have so many connections.
async fn limited(role: &str, connections: u32) -> Secret {
    let url = Postgres::shared().database().await;
    let mut connection = PgConnection::connect(url.expose()).await.unwrap();
    let name: String = sqlx::query_scalar("select current_database()").fetch_one(&mut connection).await.unwrap();
    for sql in [
        format!("create role {role} login connection limit {connections}"),
        format!("alter database {name} owner to {role}"),
    ] {
        sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    Secret::new(url.expose().replace("postgres@", &format!("{role}@")))
}

#[tokio::test(flavor = "multi_thread")]
async fn three_connections_are_enough_for_everybody() {
    let store = Store::connect(&limited("three", 3).await).await.unwrap();
    let (acme, filter) = (tenant(), DecisionFilter::default());
    let writes = join_all((0..40).map(async |number: i32| {
        store.record(&tenant(), &decision(&number.to_string())).await.unwrap();
        store.login_profiles(&tenant(), "joe").await.unwrap();
        store.password(&tenant(), "joe").await.unwrap();
    }));
    let reads = join_all((0..10).map(|_| store.find_decisions(&acme, &filter, 9, None)));
    let (_, reads) = tokio::join!(writes, reads);
    assert!(reads.iter().all(Result::is_ok), "{reads:?}");
}

#[tokio::test]
async fn two_are_too_few_and_that_is_said() {
    let error = Store::connect(&limited("two", 2).await).await.err();
    assert!(matches!(&error, Some(Error::Unavailable(text)) if text.contains('3')), "{error:?}");
}
