//! A policy's versions are numbered, never change, and are there as long as the active revision needs them.

use tokio::task::JoinSet;
use vestibule_store::{Added, Deleted, NewVersion, PolicyRow, VersionRow};

use crate::harness::{Home, ROOM, Reads as _, Registers as _, at, by, on_every_store, tenant};

on_every_store!(
    the_first_version_makes_the_policy,
    the_same_component_is_the_same_version,
    versions_are_listed_newest_first_and_numbers_are_never_reused,
    versions_added_at_once_have_numbers_of_their_own,
    a_large_component_comes_back_whole,
    a_version_in_use_stays,
    a_policy_in_use_stays,
    old_revisions_go_with_the_version_that_they_name,
);

fn version<'a>(digest: &'a str, component: &'a [u8]) -> NewVersion<'a> {
    let (manifest, settings, grants) = (r#"{"name": "p"}"#, r#"{"key": "value"}"#, r#"{"a": true}"#);
    NewVersion { policy: "p", digest, source: digest, component, manifest, settings, grants, signer: None }
}

async fn the_first_version_makes_the_policy(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    assert_eq!(store.policies(&tenant()).await, Ok(Vec::new()));
    assert_eq!(store.set_policy(&tenant(), "p", Some("{}"), Some("{}"), &by()).await, Ok(false));
    let added = store.add_version(&tenant(), &version("d1", b"one"), ROOM, &by()).await;
    assert_eq!(added, Ok(Added { number: 1, new: true }));
    let [name, settings, grants] = ["p", r#"{"key": "value"}"#, r#"{"a": true}"#].map(str::to_owned);
    let policy = PolicyRow { name, settings, grants, latest: Some(1) };
    assert_eq!(store.policies(&tenant()).await, Ok(vec![policy.clone()]));

    // A later version leaves settings and grants alone.
    assert_eq!(store.set_policy(&tenant(), "p", Some("[1]"), Some("[2]"), &by()).await, Ok(true));
    store.add_version(&tenant(), &version("d2", b"two"), ROOM, &by()).await.unwrap();
    let [settings, grants] = ["[1]", "[2]"].map(str::to_owned);
    let policy = PolicyRow { settings, grants, latest: Some(2), ..policy };
    assert_eq!(store.policy(&tenant(), "p").await, Ok(Some(policy)));
    assert_eq!(store.policy(&tenant(), "q").await, Ok(None));
}

async fn the_same_component_is_the_same_version(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    store.add_version(&tenant(), &version("d1", b"one"), ROOM, &by()).await.unwrap();
    store.add_version(&tenant(), &version("d2", b"two"), ROOM, &by()).await.unwrap();
    let before = (store.versions(&tenant(), "p").await, store.last_audits(Some(&tenant()), 9, None).await);
    let changed = NewVersion { manifest: "[]", settings: "[]", grants: "[]", ..version("d1", b"another") };
    assert_eq!(store.add_version(&tenant(), &changed, ROOM, &by()).await, Ok(Added { number: 1, new: false }));
    assert_eq!((store.versions(&tenant(), "p").await, store.last_audits(Some(&tenant()), 9, None).await), before);
    assert_eq!(store.whole_component("d1").await, Ok(Some(b"one".to_vec())));
    // Of another policy it is a version, too, of the component that is stored.
    let other = NewVersion { policy: "q", ..changed };
    assert_eq!(store.add_version(&tenant(), &other, ROOM, &by()).await, Ok(Added { number: 1, new: true }));
    assert_eq!(store.whole_component("d1").await, Ok(Some(b"one".to_vec())));
}

async fn versions_are_listed_newest_first_and_numbers_are_never_reused(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    for (number, digest) in (1..).zip(["d1", "d2", "d3"]) {
        assert_eq!(store.adds(&tenant(), "p", digest).await, number);
    }
    assert_eq!(store.stored_bytes(&tenant()).await, Ok(6));
    assert_eq!(store.delete_version(&tenant(), "p", 3, &by()).await, Ok(Deleted::Done));
    assert_eq!(store.delete_version(&tenant(), "p", 3, &by()).await, Ok(Deleted::Unknown));
    assert_eq!(store.policy(&tenant(), "p").await.unwrap().unwrap().latest, Some(2));
    assert_eq!(store.adds(&tenant(), "p", "d3").await, 4);
    let numbers: Vec<_> =
        store.versions(&tenant(), "p").await.unwrap().into_iter().map(|version| version.number).collect();
    assert_eq!(numbers, [4, 2, 1]);

    let [policy, digest, source, manifest, actor] = ["p", "d3", "d3", "{}", "ann"].map(str::to_owned);
    let fourth = VersionRow { policy, number: 4, digest, source, manifest, bytes: 2, created: at(0), actor };
    assert_eq!(store.version(&tenant(), "p", 4).await, Ok(Some(fourth)));
    assert_eq!(store.version(&tenant(), "p", 3).await, Ok(None));

    for number in [1, 2, 4] {
        assert_eq!(store.delete_version(&tenant(), "p", number, &by()).await, Ok(Deleted::Done));
    }
    assert_eq!(store.policy(&tenant(), "p").await.unwrap().unwrap().latest, None);
    assert_eq!(store.stored_bytes(&tenant()).await, Ok(0));
    assert_eq!(store.adds(&tenant(), "p", "d1").await, 5);
}

async fn versions_added_at_once_have_numbers_of_their_own(home: Home) {
    let stores = [home.store.clone(), home.another().await.unwrap()];
    home.store.creates(&tenant()).await;
    let mut adds = JoinSet::new();
    // Each digest twice, by one process and the other.
    for number in 0..40 {
        let store = stores[number % 2].clone();
        adds.spawn(async move {
            let digest = format!("d{}", number / 2);
            let version = version(&digest, digest.as_bytes());
            store.adds_in_turn(&tenant(), &version, ROOM).await.unwrap()
        });
    }
    let added = adds.join_all().await;
    let mut numbers: Vec<_> = added.iter().filter(|added| added.new).map(|added| added.number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    assert_eq!(home.store.versions(&tenant(), "p").await.unwrap().len(), 20);
}

async fn a_large_component_comes_back_whole(home: Home) {
    let large: Vec<u8> = (0_u32..5_000_000).map(|number| u8::try_from(number % 251).unwrap()).collect();
    home.store.creates(&tenant()).await;
    assert_eq!(home.store.whole_component("d").await, Ok(None));
    home.store.add_version(&tenant(), &version("d", &large), ROOM, &by()).await.unwrap();
    assert!(home.store.whole_component("d").await.unwrap().is_some_and(|bytes| bytes == large));
    assert_eq!(home.store.stored_bytes(&tenant()).await, Ok(5_000_000));
}

async fn a_version_in_use_stays(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    for digest in ["d1", "d2"] {
        store.adds(&tenant(), "p", digest).await;
    }
    store.activates(&tenant(), &[("p", 1)]).await;
    assert_eq!(store.delete_version(&tenant(), "p", 1, &by()).await, Ok(Deleted::InUse));
    assert_eq!(store.whole_component("d1").await, Ok(Some(b"d1".to_vec())));
    assert_eq!(store.delete_version(&tenant(), "p", 2, &by()).await, Ok(Deleted::Done));
    assert_eq!(store.whole_component("d2").await, Ok(None));
    store.activates(&tenant(), &[]).await;
    assert_eq!(store.delete_version(&tenant(), "p", 1, &by()).await, Ok(Deleted::Done));
}

async fn a_policy_in_use_stays(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    for digest in ["d1", "d2"] {
        store.adds(&tenant(), "p", digest).await;
    }
    store.adds(&tenant(), "q", "d3").await;
    store.activates(&tenant(), &[("p", 1)]).await;
    assert_eq!(store.delete_policy(&tenant(), "p", &by()).await, Ok(Deleted::InUse));
    assert_eq!(store.versions(&tenant(), "p").await.unwrap().len(), 2);
    store.activates(&tenant(), &[("q", 1)]).await;
    assert_eq!(store.delete_policy(&tenant(), "p", &by()).await, Ok(Deleted::Done));
    assert_eq!(store.delete_policy(&tenant(), "p", &by()).await, Ok(Deleted::Unknown));
    assert_eq!(store.versions(&tenant(), "p").await, Ok(Vec::new()));
    assert_eq!(store.whole_component("d1").await, Ok(None));
    assert_eq!(store.adds(&tenant(), "p", "d1").await, 1);
}

async fn old_revisions_go_with_the_version_that_they_name(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    for digest in ["d1", "d2"] {
        store.adds(&tenant(), "p", digest).await;
    }
    for number in [1, 2, 1, 2] {
        store.activates(&tenant(), &[("p", number)]).await;
    }
    assert_eq!(store.delete_version(&tenant(), "p", 1, &by()).await, Ok(Deleted::Done));
    let left: Vec<_> = store.revisions(&tenant(), 9, None).await.unwrap().iter().map(|row| row.number).collect();
    assert_eq!(left, [4, 2]);
    assert_eq!(store.active_revision(&tenant()).await.unwrap().unwrap().number, 4);
}
