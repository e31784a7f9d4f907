//! What was uploaded once is the version that it became, even if another component is made of it later.

use vestibule_domain::TenantName;
use vestibule_store::{Added, Deleted, NewVersion, Room};

use crate::harness::{Home, ROOM, Reads as _, Registers as _, by, on_every_store, tenant};

on_every_store!(
    a_file_is_the_same_version_whatever_its_component_is,
    a_signature_goes_to_the_version_that_the_file_is,
    a_file_is_what_it_was_rather_than_what_its_component_is,
    each_policy_has_a_version_of_its_own,
    a_file_is_looked_for_among_the_tenants_own,
    a_version_of_an_older_process_counts_as_its_component,
);

/// A version that was made of a file.
fn made<'a>(source: &'a str, digest: &'a str) -> NewVersion<'a> {
    let (component, signer) = (digest.as_bytes(), None);
    NewVersion { policy: "p", digest, source, component, manifest: "{}", settings: "{}", grants: "{}", signer }
}

fn known(number: i64) -> Added {
    Added { number, new: false }
}

async fn a_file_is_the_same_version_whatever_its_component_is(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    store.add_version(&tenant(), &made("m1", "d1"), ROOM, &by()).await.unwrap();
    let before = (store.versions(&tenant(), "p").await, store.last_audits(Some(&tenant()), 9, None).await);
    let nothing = Room { bytes: 0, policies: 0 };
    for version in [made("m1", "d2"), made("m1", "d1"), made("d1", "d1")] {
        assert_eq!(store.add_version(&tenant(), &version, nothing, &by()).await, Ok(known(1)));
    }
    let [row] = &*store.versions(&tenant(), "p").await.unwrap() else { panic!("not one version") };
    assert_eq!((&*row.digest, &*row.source), ("d1", "m1"));
    assert_eq!((store.versions(&tenant(), "p").await, store.last_audits(Some(&tenant()), 9, None).await), before);
    assert_eq!(store.whole_component("d2").await, Ok(None));

    assert_eq!(store.delete_version(&tenant(), "p", 1, &by()).await, Ok(Deleted::Done));
    let again = store.add_version(&tenant(), &made("m1", "d2"), ROOM, &by()).await;
    assert_eq!(again, Ok(Added { number: 2, new: true }));
}

async fn a_signature_goes_to_the_version_that_the_file_is(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    store.add_version(&tenant(), &made("m1", "d1"), ROOM, &by()).await.unwrap();
    for signer in ["one", "one", "two"] {
        let signed = NewVersion { signer: Some(signer), ..made("m1", "d2") };
        assert_eq!(store.add_version(&tenant(), &signed, ROOM, &by()).await, Ok(known(1)));
    }
    let signatures = ["one", "two"].map(|signer| (1, signer.to_owned()));
    assert_eq!(store.signed(&tenant(), "p").await, Ok(signatures.to_vec()));
    let log = store.last_audits(Some(&tenant()), 9, None).await.unwrap();
    let targets: Vec<_> =
        log.iter().filter(|row| row.action == "policy.version.sign").map(|row| &*row.target).collect();
    assert_eq!(targets, ["p 1", "p 1"]);
}

async fn a_file_is_what_it_was_rather_than_what_its_component_is(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    for (number, version) in (1..).zip([made("d2", "d2"), made("m1", "d1")]) {
        let added = store.add_version(&tenant(), &version, ROOM, &by()).await;
        assert_eq!(added, Ok(Added { number, new: true }));
    }
    let signed = NewVersion { signer: Some("one"), ..made("m1", "d2") };
    assert_eq!(store.add_version(&tenant(), &signed, ROOM, &by()).await, Ok(known(2)));
    assert_eq!(store.signed(&tenant(), "p").await, Ok(vec![(2, "one".to_owned())]));
}

async fn each_policy_has_a_version_of_its_own(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    store.add_version(&tenant(), &made("m1", "d1"), ROOM, &by()).await.unwrap();
    let other = NewVersion { policy: "q", ..made("m1", "d1") };
    assert_eq!(store.add_version(&tenant(), &other, ROOM, &by()).await, Ok(Added { number: 1, new: true }));
    assert_eq!(store.add_version(&tenant(), &other, ROOM, &by()).await, Ok(known(1)));
}

async fn a_file_is_looked_for_among_the_tenants_own(home: Home) {
    let (store, other) = (&home.store, TenantName::new("other").unwrap());
    store.creates(&tenant()).await;
    store.creates(&other).await;
    store.add_version(&tenant(), &made("m1", "d1"), ROOM, &by()).await.unwrap();
    assert_eq!(store.whole_component_of(&tenant(), "m1").await, Ok(Some(b"d1".to_vec())));
    assert_eq!(store.whole_component_of(&tenant(), "m2").await, Ok(None));
    assert_eq!(store.whole_component_of(&other, "m1").await, Ok(None));
    let added = store.add_version(&other, &made("m1", "d2"), ROOM, &by()).await;
    assert_eq!(added, Ok(Added { number: 1, new: true }));
    assert_eq!(store.whole_component_of(&other, "m1").await, Ok(Some(b"d2".to_vec())));
}

async fn a_version_of_an_older_process_counts_as_its_component(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    for digest in ["d1", "d2"] {
        store.adds(&tenant(), "p", digest).await;
    }
    // What is written by a process that was started before the database was migrated.
    home.execute("update policy_version set source = null").await;
    let rows = store.versions(&tenant(), "p").await.unwrap();
    let sources: Vec<_> = rows.iter().map(|row| (&*row.digest, &*row.source)).collect();
    assert_eq!(sources, [("d2", "d2"), ("d1", "d1")]);
    // Once it is known of which file it is, other components do not matter any more.
    for digest in ["d1", "d3"] {
        assert_eq!(store.add_version(&tenant(), &made("m1", digest), ROOM, &by()).await, Ok(known(1)));
    }
    assert_eq!(store.version(&tenant(), "p", 1).await.unwrap().unwrap().source, "m1");
}
