//! A server keeps plans for tables as they were when it looked at them; nobody who logs in pays for what they have become since.

use std::ops::Range;
use std::time::UNIX_EPOCH;

use futures_util::future::join_all;
use vestibule_store::{NewChallenge, Store, Taken};

use crate::harness::{Home, Leaves as _, at, decision, properties, tenant};

const ROWS_READ: &str = "
    select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint from pg_stat_user_tables
    where relname in ('profile', 'password', 'session', 'challenge', 'decision')";
/// So often that the server keeps a plan for each statement.
const FIRST: Range<usize> = 0..20;
const THEN: Range<usize> = 20..25;

/// One user's login, with a question, and what it leaves behind.
async fn logs_in(store: &Store, user: &str, round: usize) {
    let (tenant, id) = (tenant(), format!("{user} {round}"));
    store.login_profiles(&tenant, user).await.unwrap();
    store.password(&tenant, user).await.unwrap();
    store.session(&tenant, user, UNIX_EPOCH).await.unwrap();
    let asked =
        NewChallenge { id: id.clone(), user: user.to_owned(), state: Vec::new(), expires: at(60), replaces: true };
    store.ask(&tenant, &asked).await.unwrap();
    assert_eq!(store.take_challenge(&tenant, &id, user, at(0)).await, Ok(Taken::Valid(Vec::new())));
    let saved = store.save(&tenant, user, None, &properties(&[("a", "1")])).await;
    assert_eq!(saved.is_ok(), round == 0, "a first device is saved once: {saved:?}");
    store.record(&tenant, &decision(&id)).await.unwrap();
}

async fn sixteen_log_in(store: &Store, rounds: Range<usize>) {
    for round in rounds {
        let users: Vec<_> = (0..16).map(|number| format!("u{number}")).collect();
        join_all(users.iter().map(|user| logs_in(store, user, round))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_login_reads_all_of_a_table_that_has_grown() {
    let home = Home::on_postgres().await;
    home.execute("insert into profile (tenant, name, properties) values ('acme', 'joe', '{}')").await;
    home.execute("analyze").await;
    home.execute("alter table profile set (autovacuum_enabled = off)").await;
    home.execute("alter table challenge set (autovacuum_enabled = off)").await;

    sixteen_log_in(&home.store, FIRST).await;
    home.execute(
        "insert into profile (tenant, name, properties) select 'acme', 'v' || number, '{}' from generate_series(1, 10000) as number",
    )
    .await;
    home.execute(
        "insert into challenge (tenant, challenge_id, user_name, state, expires_ms)
        select 'acme', number, 'v' || number, '', 1 from generate_series(1, 10000) as number",
    )
    .await;
    sixteen_log_in(&home.store, THEN).await;
    home.store.close().await;
    home.is_left_alone().await;
    let rows = home.count(ROWS_READ).await;
    assert!((1..10_000).contains(&rows), "{rows} rows");
}
