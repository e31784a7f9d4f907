//! Decisions and changes go when they are too old, and the oldest first when there are too many.

use std::time::{Duration, SystemTime};

use vestibule_domain::TenantName;
use vestibule_registry::{Ages, Retention};
use vestibule_store::{By, DecisionFilter, DecisionRow, Log, PruneFilter, Store};

use crate::harness::{Home, Leaves as _, Reads as _, Registers as _, at, by, decision, on_every_store, tenant};

on_every_store!(
    what_is_too_old_goes_and_the_operators_changes_too,
    of_too_many_the_oldest_go,
    of_too_many_changes_none_goes_for_thirty_days,
    what_two_processes_delete_at_once_is_no_more_than_what_one_does,
    what_is_new_is_counted_the_next_time,
    what_another_process_has_deleted_makes_room,
    one_tenants_damaged_terms_keep_no_other_ones_logs,
    one_tenants_row_that_cannot_go_keeps_no_other_ones_logs,
    a_tenant_that_uses_up_its_own_turns_is_cut_all_the_same,
);

const FOR_GOOD: Ages = Ages { decisions: None, audit: None };
const THIRTY_DAYS: u64 = 30 * 86_400;

fn other() -> TenantName {
    TenantName::new("other").unwrap()
}

/// Records decisions, one a second.
async fn decides(store: &Store, tenant: &TenantName, seconds: std::ops::Range<u64>) {
    for second in seconds {
        let row = DecisionRow { at: at(second), ..decision(&format!("{second:03}")) };
        store.record(tenant, &row).await.unwrap();
    }
}

/// Changes terms over and over, once a second.
async fn changes(store: &Store, tenant: &TenantName, terms: &str, seconds: std::ops::Range<u64>) {
    for second in seconds {
        store.set_tenant(tenant, None, Some(terms), &By { at: at(second), ..by() }).await.unwrap();
    }
}

async fn decisions(store: &Store, tenant: &TenantName) -> Vec<String> {
    let rows = store.find_decisions(tenant, &DecisionFilter::default(), 999, None).await.unwrap();
    rows.into_iter().rev().map(|row| row.id).collect()
}

async fn audits(store: &Store, tenant: Option<&TenantName>) -> Vec<SystemTime> {
    store.last_audits(tenant, 999, None).await.unwrap().into_iter().rev().map(|row| row.at).collect()
}

fn numbers(range: std::ops::Range<u64>) -> Vec<String> {
    range.map(|second| format!("{second:03}")).collect()
}

async fn what_is_too_old_goes_and_the_operators_changes_too(home: Home) {
    let (store, acme) = (&home.store, tenant());
    store.creates(&acme).await;
    decides(store, &acme, 0..10).await;
    changes(store, &acme, "{}", 1..10).await;
    for second in 0..10 {
        // The operator's log tells of tenants that are gone.
        store.creates(&other()).await;
        store.delete_tenant(&other(), &By { at: at(second), ..by() }).await.unwrap();
    }
    let now = at(10);
    Retention::new(store.clone(), FOR_GOOD).look(now).await.unwrap();
    assert_eq!((decisions(store, &acme).await.len(), audits(store, None).await.len()), (10, 10));

    let [decided, changed] = [3, 5].map(Duration::from_secs);
    let ages = Ages { decisions: Some(decided), audit: Some(changed) };
    Retention::new(store.clone(), ages).look(now).await.unwrap();
    assert_eq!(decisions(store, &acme).await, numbers(7..10));
    let kept: Vec<_> = (5..10).map(at).collect();
    assert_eq!((audits(store, Some(&acme)).await, audits(store, None).await), (kept.clone(), kept));
}

async fn of_too_many_the_oldest_go(home: Home) {
    let (store, acme) = (&home.store, tenant());
    for tenant in [&acme, &other()] {
        store.creates(tenant).await;
        decides(store, tenant, 0..60).await;
    }
    changes(store, &acme, r#"{"decisions": 50, "audit_rows": 4}"#, 1..10).await;
    Retention::new(store.clone(), FOR_GOOD).look(at(99 + THIRTY_DAYS)).await.unwrap();
    // One more than has to: the next one that comes has room.
    assert_eq!(decisions(store, &acme).await, numbers(11..60));
    assert_eq!(audits(store, Some(&acme)).await, (6..10).map(at).collect::<Vec<_>>());
    assert_eq!(decisions(store, &other()).await.len(), 60);
}

async fn of_too_many_changes_none_goes_for_thirty_days(home: Home) {
    let (store, acme) = (&home.store, tenant());
    store.creates(&acme).await;
    changes(store, &acme, r#"{"audit_rows": 4}"#, 1..10).await;
    let mut retention = Retention::new(store.clone(), FOR_GOOD);
    // The oldest two were made at 0 and 1. Of the ten, six may go once they are old enough.
    for (later, first) in [(0, 0), (1, 1), (3, 3), (99, 6), (999, 6)] {
        retention.look(at(THIRTY_DAYS + later)).await.unwrap();
        assert_eq!(audits(store, Some(&acme)).await, (first..10).map(at).collect::<Vec<_>>(), "{later}");
    }
}

async fn what_two_processes_delete_at_once_is_no_more_than_what_one_does(home: Home) {
    let (store, other, acme) = (&home.store, &home.another().await.unwrap(), tenant());
    store.creates(&acme).await;
    changes(store, &acme, r#"{"decisions": 50}"#, 1..2).await;
    decides(store, &acme, 0..60).await;
    for kept in (11..111).step_by(11) {
        let (mut here, mut there) = (Retention::new(store.clone(), FOR_GOOD), Retention::new(other.clone(), FOR_GOOD));
        let (one, another) = tokio::join!(here.look(at(99)), there.look(at(99)));
        one.and(another).unwrap();
        assert_eq!(decisions(store, &acme).await, numbers(kept..kept + 49));
        decides(store, &acme, kept + 49..kept + 60).await;
    }

    // One of them has looked, and the other one is faster.
    let last = store.back(Log::Decisions, &acme, "999", 49).await.unwrap();
    let past = PruneFilter { before: None, up_to: last.as_deref() };
    assert_eq!(other.prune(Log::Decisions, Some(&acme), past, 99).await, Ok(11));
    assert_eq!(store.prune(Log::Decisions, Some(&acme), past, 99).await, Ok(0));
    assert_eq!(decisions(store, &acme).await.len(), 49);
}

async fn what_is_new_is_counted_the_next_time(home: Home) {
    let (store, acme) = (&home.store, tenant());
    store.creates(&acme).await;
    changes(store, &acme, r#"{"decisions": 10}"#, 1..2).await;
    let mut retention = Retention::new(store.clone(), FOR_GOOD);
    for (until, kept) in [(8, 0..8), (10, 0..10), (13, 3..13), (14, 4..14)] {
        let last = decisions(store, &acme).await.last().map_or(0, |id| id.parse::<u64>().unwrap() + 1);
        decides(store, &acme, last..until).await;
        retention.look(at(99)).await.unwrap();
        assert_eq!(decisions(store, &acme).await, numbers(kept), "{until}");
    }
}

async fn what_another_process_has_deleted_makes_room(home: Home) {
    let (store, acme) = (&home.store, tenant());
    store.creates(&acme).await;
    changes(store, &acme, r#"{"decisions": 10}"#, 1..2).await;
    decides(store, &acme, 0..10).await;
    let mut retention = Retention::new(store.clone(), FOR_GOOD);
    retention.look(at(99)).await.unwrap();
    home.another().await.unwrap().prune(Log::Decisions, Some(&acme), PruneFilter::default(), 5).await.unwrap();
    decides(store, &acme, 10..15).await;
    retention.look(at(99)).await.unwrap();
    assert_eq!(decisions(store, &acme).await, numbers(5..15));
}

async fn one_tenants_damaged_terms_keep_no_other_ones_logs(home: Home) {
    let (store, acme) = (&home.store, tenant());
    for tenant in [&acme, &other()] {
        store.creates(tenant).await;
        decides(store, tenant, 0..3).await;
    }
    changes(store, &acme, "no terms", 1..2).await;
    changes(store, &other(), r#"{"decisions": 2}"#, 1..2).await;
    Retention::new(store.clone(), FOR_GOOD).look(at(99)).await.unwrap();
    assert_eq!((decisions(store, &acme).await.len(), decisions(store, &other()).await.len()), (3, 2));
}

async fn one_tenants_row_that_cannot_go_keeps_no_other_ones_logs(home: Home) {
    let (store, acme) = (&home.store, tenant());
    for tenant in [&acme, &other()] {
        store.creates(tenant).await;
        decides(store, tenant, 0..3).await;
        changes(store, tenant, r#"{"decisions": 2}"#, 1..2).await;
    }
    home.execute(
        "create table evidence (tenant text, decision_id text, foreign key (tenant, decision_id) references decision)",
    )
    .await;
    home.execute("insert into evidence select tenant, decision_id from decision where tenant = 'acme'").await;
    assert!(Retention::new(store.clone(), FOR_GOOD).look(at(99)).await.is_err());
    assert_eq!((decisions(store, &acme).await.len(), decisions(store, &other()).await.len()), (3, 2));
}

async fn a_tenant_that_uses_up_its_own_turns_is_cut_all_the_same(home: Home) {
    let (store, acme) = (&home.store, tenant());
    store.creates(&acme).await;
    decides(store, &acme, 0..60).await;
    changes(store, &acme, r#"{"decisions": 50}"#, 1..2).await;
    let (filter, reads) = (DecisionFilter::default(), store.for_administrators());
    let flood = futures_util::future::join_all((0..200).map(|_| reads.find_decisions(&acme, &filter, 999, None)));
    let mut retention = Retention::new(store.clone(), FOR_GOOD);
    let (flood, looked) = tokio::join!(flood, retention.look(at(99)));
    assert!(flood.iter().any(Result::is_err), "no flood");
    assert_eq!(looked, Ok(()));
    assert_eq!(decisions(store, &acme).await, numbers(11..60));
}
