//! SQLite has no lock that all connections share: the flags with which it is compiled arrive.

use std::collections::BTreeSet;

use sqlx::{Connection as _, SqliteConnection};

#[tokio::test]
async fn connections_share_neither_pages_nor_statistics() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let options: Vec<String> = sqlx::query_scalar("pragma compile_options").fetch_all(&mut connection).await.unwrap();
    let options: BTreeSet<_> = options.iter().map(String::as_str).collect();
    assert!(options.contains("DEFAULT_MEMSTATUS=0") && !options.contains("ENABLE_MEMORY_MANAGEMENT"), "{options:?}");
}
