//! Nobody fills the disk: a tenant keeps so many bytes and no more, and the host keeps a part for itself.

use vestibule_domain::TenantName;
use vestibule_registry::{Ages, Retention};
use vestibule_store::{
    By, DecisionRow, Deleted, Edit, Effects, Error, KeptBytes, NewChallenge, SaveError, Session, Store,
};

use crate::harness::{
    Home, Leaves as _, Reads as _, Registers as _, at, by, decision, on_every_store, properties, tenant,
};

on_every_store!(
    whoever_keeps_much_more_than_it_may_writes_nothing_more,
    of_too_many_bytes_the_oldest_decisions_go_and_then_there_is_room,
    sessions_that_take_all_the_room_leave_none_for_decisions,
    two_processes_that_look_one_after_the_other_delete_what_one_does,
    two_processes_that_look_at_once_delete_what_one_does,
    of_very_many_decisions_as_many_stay_as_have_room,
    a_limit_holds_from_the_first_login_on,
    what_was_not_written_takes_no_room,
    changes_take_room_and_where_there_is_none_administrators_only_delete,
    all_that_a_tenant_keeps_is_counted_a_part_at_a_time,
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
    home.store.grant(&tenant(), KeptBytes::default(), 80_000);
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

/// A tenant that keeps twelve records of which five fit.
async fn keeps_too_much(store: &Store) {
    store.creates(&tenant()).await;
    store.set_tenant(&tenant(), None, Some(r#"{"record_bytes": 60000}"#), &by()).await.unwrap();
    for letter in "abcdefghijkl".chars() {
        records(store, &tenant(), &letter.to_string()).await.unwrap();
    }
}

async fn two_processes_that_look_one_after_the_other_delete_what_one_does(home: Home) {
    let (store, other) = (&home.store, home.another().await.unwrap());
    keeps_too_much(store).await;
    let (mut here, mut there) = (Retention::new(store.clone(), FOR_GOOD), Retention::new(other.clone(), FOR_GOOD));
    here.look(at(0)).await.unwrap();
    assert_eq!(ids(store).await, "hijkl");
    there.look(at(0)).await.unwrap();
    for round in ["mn", "op", "qr"] {
        for letter in round.chars() {
            records(&other, &tenant(), &letter.to_string()).await.unwrap();
        }
        here.look(at(0)).await.unwrap();
        let kept = ids(store).await;
        assert!(kept.len() == 5 && kept.ends_with(round), "{kept}");
        there.look(at(0)).await.unwrap();
        assert_eq!(ids(store).await, kept);
    }
}

async fn two_processes_that_look_at_once_delete_what_one_does(home: Home) {
    let (store, other) = (&home.store, home.another().await.unwrap());
    keeps_too_much(store).await;
    let (mut here, mut there) = (Retention::new(store.clone(), FOR_GOOD), Retention::new(other, FOR_GOOD));
    let (one, another) = tokio::join!(here.look(at(0)), there.look(at(0)));
    one.and(another).unwrap();
    assert_eq!(ids(store).await, "hijkl");
}

async fn of_very_many_decisions_as_many_stay_as_have_room(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    store.set_tenant(&tenant(), None, Some(r#"{"record_bytes": 7740000}"#), &by()).await.unwrap();
    // Each takes 258 bytes: 30,000 of 45,000 have room, and a fiftieth goes besides.
    home.execute(
        "insert into decision (tenant, decision_id, at_ms, user_name, outcome, record)
        with recursive numbers (number) as (select 1 union all select number + 1 from numbers where number < 45000)
        select 'acme', cast(100000 + number as text), number, 'joe', 'allowed', '{}' from numbers",
    )
    .await;
    Retention::new(store.clone(), FOR_GOOD).look(at(0)).await.unwrap();
    let (kept, oldest) = (home.count("select count(*) from decision").await, "select min(at_ms) from decision");
    assert!((29_390..=29_400).contains(&kept), "{kept}");
    assert_eq!(home.count(oldest).await, 45_001 - kept);
}

async fn a_limit_holds_from_the_first_login_on(home: Home) {
    home.store.limit_records(&tenant(), 20_000);
    for id in ["0", "1"] {
        records(&home.store, &tenant(), id).await.unwrap();
    }
    let refused = records(&home.store, &tenant(), "2").await;
    assert!(matches!(refused, Err(SaveError::Store(Error::Quota { most: 20_000, .. }))), "{refused:?}");
    home.store.limit_records(&tenant(), 40_000);
    assert_eq!(records(&home.store, &tenant(), "2").await, Ok(()));
}

async fn what_was_not_written_takes_no_room(home: Home) {
    home.store.limit_records(&tenant(), 20_000);
    records(&home.store, &tenant(), "0").await.unwrap();
    for _ in 0..9 {
        assert_eq!(records(&home.store, &tenant(), "0").await, Err(Error::IdUsed.into()));
    }
    assert_eq!(records(&home.store, &tenant(), "1").await, Ok(()));
}

async fn changes_take_room_and_where_there_is_none_administrators_only_delete(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    store.limit_records(&tenant(), 4_000);
    let set = properties(&[("pvt_note", &"x".repeat(200))]);
    let edit = Edit { set: &set, remove: &[] };
    let mut made = 0;
    let refused = loop {
        match store.edit_profile(&tenant(), &format!("u{made}"), edit, u32::MAX, Some(&by())).await {
            Ok(()) => made += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, Error::Quota { most: 4_000, .. }) && (3..9).contains(&made), "{refused} after {made}");
    let by_whom = By { actor: "x".repeat(4_000), ..by() };
    assert!(store.set_password(&tenant(), "u0", "hash", u32::MAX, Some(&by_whom)).await.is_err());
    let more = properties(&[("pvt_more", &"x".repeat(2_000))]);
    let grows = store.edit_profile(&tenant(), "u0", Edit { set: &more, remove: &[] }, u32::MAX, Some(&by())).await;
    assert!(matches!(grows, Err(Error::Quota { .. })), "{grows:?}");
    let removes = Edit { set: &Default::default(), remove: &["pvt_note".to_owned()] };
    assert_eq!(store.edit_profile(&tenant(), "u0", removes, u32::MAX, Some(&by())).await, Ok(()));
    assert_eq!(store.delete_profile(&tenant(), "u1", Some(&by())).await, Ok(true));
    // What the operator agrees with the tenant is not the tenant's to pay.
    assert_eq!(store.set_tenant(&tenant(), None, Some("{}"), &by()).await, Ok(true));
    store.limit_records(&tenant(), 40_000);
    assert_eq!(store.edit_profile(&tenant(), "u9", edit, u32::MAX, Some(&by())).await, Ok(()));
}

async fn all_that_a_tenant_keeps_is_counted_a_part_at_a_time(home: Home) {
    let store = home.store.for_administrators();
    assert_eq!(store.kept_bytes(&tenant()).await, Ok(0));
    let [id, user] = ["c", "joe"].map(str::to_owned);
    let challenge = NewChallenge { id, user, state: Vec::new(), expires: at(9), replaces: false };
    home.store.ask(&tenant(), &challenge).await.unwrap();
    home.execute(
        "insert into challenge (tenant, challenge_id, user_name, state, expires_ms)
        with recursive numbers (number) as (select 2 union all select number + 1 from numbers where number < 50000)
        select tenant, cast(100000 + number as text), user_name, state, expires_ms from challenge, numbers",
    )
    .await;
    assert_eq!(store.kept_bytes(&tenant()).await, Ok(50_000 * 256));
    let session = Session { id: "s".to_owned(), user: "joe".to_owned(), state: vec![0; 1_000], expires: at(9) };
    home.store.keep(&tenant(), &session).await.unwrap();
    assert_eq!(store.kept_bytes(&tenant()).await, Ok(50_001 * 256 + 1_000));
    assert_eq!(store.kept_bytes(&TenantName::new("other").unwrap()).await, Ok(0));
}

#[tokio::test]
async fn what_the_host_keeps_for_itself_is_for_no_login() {
    let home = Home::on_sqlite().await;
    home.store.keep_free(u64::MAX);
    let refused = home.store.commit_login(&tenant(), &decision("d"), &Effects::default()).await;
    assert!(matches!(refused, Err(SaveError::Store(Error::Reserve { .. }))), "{refused:?}");
    assert!(matches!(home.store.check().await, Err(Error::Reserve { .. })));
    let created = home.store.create_tenant(&crate::harness::listed(&tenant()), &by()).await;
    assert!(matches!(created, Err(Error::Reserve { .. })), "{created:?}");
    home.store.keep_free(0);
    home.store.creates(&tenant()).await;
    home.store.adds(&tenant(), "p", "d").await;
    home.store.keep_free(u64::MAX);
    assert!(home.store.set_policy(&tenant(), "p", Some("{}"), None, &by()).await.is_err());
    assert_eq!(home.store.delete_policy(&tenant(), "p", &by()).await, Ok(Deleted::Done));
    home.store.keep_free(0);
    assert_eq!(records(&home.store, &tenant(), "d").await, Ok(()));
}
