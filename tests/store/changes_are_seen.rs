//! Whoever asks now and then what has changed misses nothing, whichever process changed it.

use std::collections::BTreeMap;

use tokio::task::JoinSet;
use vestibule_domain::{Secret, TenantName};
use vestibule_store::Store;

use crate::harness::{Edits as _, Home, Registers as _, by, on_every_store, properties, tenant};

on_every_store!(each_change_of_another_process_is_seen, changes_at_once_are_all_seen_in_order);

fn numbered(number: usize) -> TenantName {
    TenantName::new(format!("t{number}")).unwrap()
}

/// The stamp of the one change since another one, which is the tenant's.
async fn seen(store: &Store, stamp: i64) -> i64 {
    let changes = store.changes_since(stamp).await.unwrap();
    let [(changed, new)] = changes.as_slice() else { panic!("{changes:?}") };
    assert!(*changed == tenant() && *new > stamp, "{changes:?}");
    assert_eq!(store.latest_stamp().await, Ok(*new));
    *new
}

async fn each_change_of_another_process_is_seen(home: Home) {
    let (store, other, acme, by) = (&home.store, home.another().await.unwrap(), tenant(), by());
    assert_eq!(other.changes_since(0).await, Ok(Vec::new()));
    other.creates(&TenantName::new("neighbour").unwrap()).await;
    let stamp = store.latest_stamp().await.unwrap();
    other.creates(&acme).await;
    let stamp = seen(store, stamp).await;
    other.set_tenant(&acme, Some("[]"), Some("[]"), &by).await.unwrap();
    let stamp = seen(store, stamp).await;
    other.adds(&acme, "p", "d1").await;
    let stamp = seen(store, stamp).await;
    other.set_policy(&acme, "p", Some("[]"), Some("[]"), &by).await.unwrap();
    let stamp = seen(store, stamp).await;
    other.put_secret(&acme, "p", "key", &Secret::new("x"), u32::MAX, &by).await.unwrap();
    let stamp = seen(store, stamp).await;
    other.activates(&acme, &[("p", 1)]).await;
    let stamp = seen(store, stamp).await;
    other.activates(&acme, &[]).await;
    let stamp = seen(store, stamp).await;
    other.delete_secret(&acme, "p", "key", &by).await.unwrap();
    let stamp = seen(store, stamp).await;
    other.delete_policy(&acme, "p", &by).await.unwrap();
    let stamp = seen(store, stamp).await;
    other.delete_tenant(&acme, &by).await.unwrap();
    let stamp = seen(store, stamp).await;
    // What logins read every time is nobody's to keep in memory.
    other.put_properties(&acme, "joe", &properties(&[("a", "1")]), Some(&by)).await.unwrap();
    assert_eq!(store.changes_since(stamp).await, Ok(Vec::new()));
    assert_eq!(store.changes_since(0).await.unwrap().len(), 2);
}

async fn changes_at_once_are_all_seen_in_order(home: Home) {
    const TENANTS: usize = 8;
    const CHANGES: usize = 10;
    let stores = [home.store.clone(), home.another().await.unwrap(), home.another().await.unwrap()];
    for number in 0..TENANTS {
        home.store.creates(&numbered(number)).await;
    }
    let start = home.store.latest_stamp().await.unwrap();
    let mut changes = JoinSet::new();
    for number in 0..TENANTS {
        let store = stores[number % stores.len()].clone();
        changes.spawn(async move {
            for change in 0..CHANGES {
                store.set_tenant(&numbered(number), Some(&change.to_string()), Some("{}"), &by()).await.unwrap();
            }
        });
    }
    let all_made = tokio::spawn(changes.join_all());
    let (mut stamp, mut known) = (start, BTreeMap::new());
    loop {
        let ended = all_made.is_finished();
        let seen = home.store.changes_since(stamp).await.unwrap();
        assert!(seen.is_sorted_by_key(|(_, stamp)| *stamp));
        for (tenant, at) in seen {
            assert!(at > stamp, "{at} comes after {stamp}");
            stamp = at;
            let settings = home.store.tenant(&tenant).await.unwrap().unwrap().settings;
            known.insert(tenant, settings);
        }
        if ended {
            break;
        }
    }
    all_made.await.unwrap();
    // Whoever only read what was said to have changed knows the last of each.
    let last = (CHANGES - 1).to_string();
    assert_eq!(known, (0..TENANTS).map(|number| (numbered(number), last.clone())).collect());
    assert_eq!(stamp, start + i64::try_from(TENANTS * CHANGES).unwrap());
}
