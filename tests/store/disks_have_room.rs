//! Nobody fills the disk: a tenant keeps so many bytes and no more, and the host keeps a part for itself.

use vestibule_domain::TenantName;
use vestibule_registry::{Ages, Retention};
use vestibule_store::{DecisionRow, Effects, Error, SaveError, Session, Store};

use crate::harness::{Home, Leaves as _, Reads as _, Registers as _, at, by, decision, on_every_store, tenant};

on_every_store!(
    whoever_keeps_much_more_than_it_may_writes_nothing_more,
    of_too_many_bytes_the_oldest_decisions_go_and_then_there_is_room,
    sessions_that_take_all_the_room_leave_none_for_decisions,
);

const FOR_GOOD: Ages = Ages { decisions: None, audit: None };
const RECORD_BYTES: usize = 10_000;

async fn records(store: &Store, tenant: &TenantName, id: &str) -> Result<(), SaveError> {
    store.record(tenant, &DecisionRow { record: format!("\"{}\"", "x".repeat(RECORD_BYTES)), ..decision(id) }).await
}

async fn ids(store: &Store) -> String {
    let rows = store.find_decisions(&tenant(), &Default::default(), 99, None).await.unwrap();
    rows.iter().rev().map(|row| row.id.as_str()).collect()
}

async fn whoever_keeps_much_more_than_it_may_writes_nothing_more(home: Home) {
    home.store.grant(&tenant(), 0, 80_000);
    for number in 0..9 {
        records(&home.store, &tenant(), &number.to_string()).await.unwrap();
    }
    assert_eq!(home.store.in_surplus(), [tenant()]);
    let refused = records(&home.store, &tenant(), "9").await;
    assert!(matches!(refused, Err(SaveError::Store(Error::Quota { most: 80_000, .. }))), "{refused:?}");
    let other = TenantName::new("other").unwrap();
    assert_eq!(records(&home.store, &other, "0").await, Ok(()));
}

async fn of_too_many_bytes_the_oldest_decisions_go_and_then_there_is_room(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    store.set_tenant(&tenant(), None, Some(r#"{"record_bytes": 60000}"#), &by()).await.unwrap();
    for number in 0..9 {
        records(store, &tenant(), &number.to_string()).await.unwrap();
    }
    let mut retention = Retention::new(store.clone(), FOR_GOOD);
    retention.look(at(0)).await.unwrap();
    assert_eq!(ids(store).await, "45678");
    records(store, &tenant(), "a").await.unwrap();
    records(store, &tenant(), "b").await.unwrap();
    assert!(records(store, &tenant(), "c").await.is_err());
    retention.look_at_surplus(at(0)).await.unwrap();
    assert_eq!(records(store, &tenant(), "c").await, Ok(()));
    assert_eq!(ids(store).await, "678abc");
}

async fn sessions_that_take_all_the_room_leave_none_for_decisions(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    store.set_tenant(&tenant(), None, Some(r#"{"record_bytes": 60000}"#), &by()).await.unwrap();
    let session = Session { id: "s".to_owned(), user: "joe".to_owned(), state: vec![0; 100_000], expires: at(9) };
    store.keep(&tenant(), &session).await.unwrap();
    Retention::new(store.clone(), FOR_GOOD).look(at(0)).await.unwrap();
    let refused = records(store, &tenant(), "late").await;
    assert!(matches!(refused, Err(SaveError::Store(Error::Quota { .. }))), "{refused:?}");
}

#[tokio::test]
async fn what_the_host_keeps_for_itself_is_for_no_login() {
    let home = Home::on_sqlite().await;
    home.store.keep_free(u64::MAX);
    let refused = home.store.conclude(&tenant(), &decision("d"), &Effects::default()).await;
    assert!(matches!(refused, Err(SaveError::Store(Error::Reserve { .. }))), "{refused:?}");
    assert!(matches!(home.store.check().await, Err(Error::Reserve { .. })));
    home.store.keep_free(0);
    assert_eq!(records(&home.store, &tenant(), "d").await, Ok(()));
}
