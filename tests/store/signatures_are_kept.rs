//! Who has signed a version is kept with it, once for each key.

use vestibule_store::{Added, Deleted, NewVersion};

use crate::harness::{Home, ROOM, Reads as _, Registers as _, by, on_every_store, tenant};

on_every_store!(
    a_version_keeps_every_key_that_has_signed_it,
    a_signature_that_is_news_is_on_record,
    signatures_go_with_their_version,
);

fn signed<'a>(digest: &'a str, signer: &'a str) -> NewVersion<'a> {
    let (source, component, signer) = (digest, digest.as_bytes(), Some(signer));
    NewVersion { policy: "p", digest, source, component, manifest: "{}", settings: "{}", grants: "{}", signer }
}

fn signatures(of: &[(i64, &str)]) -> Vec<(i64, String)> {
    of.iter().map(|(number, key)| (*number, (*key).to_owned())).collect()
}

async fn a_version_keeps_every_key_that_has_signed_it(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    assert_eq!(store.adds(&tenant(), "p", "d1").await, 1);
    assert_eq!(store.signed(&tenant(), "p").await, Ok(Vec::new()));
    let new = store.add_version(&tenant(), &signed("d2", "one"), ROOM, &by()).await;
    assert_eq!(new, Ok(Added { number: 2, new: true }));
    assert_eq!(store.signed(&tenant(), "p").await, Ok(signatures(&[(2, "one")])));
    for (digest, key, number) in [("d1", "one", 1), ("d2", "two", 2), ("d2", "one", 2)] {
        let known = store.add_version(&tenant(), &signed(digest, key), ROOM, &by()).await;
        assert_eq!(known, Ok(Added { number, new: false }));
    }
    assert_eq!(store.signed(&tenant(), "p").await, Ok(signatures(&[(1, "one"), (2, "one"), (2, "two")])));
    assert_eq!(store.signed(&tenant(), "q").await, Ok(Vec::new()));
}

async fn a_signature_that_is_news_is_on_record(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    store.adds(&tenant(), "p", "d1").await;
    for key in ["one", "one", "two"] {
        store.add_version(&tenant(), &signed("d1", key), ROOM, &by()).await.unwrap();
    }
    let log = store.last_audits(Some(&tenant()), 9, None).await.unwrap();
    let signed: Vec<_> = log.iter().filter(|row| row.action == "policy.version.sign").collect();
    let mut details: Vec<_> = signed.iter().map(|row| (&*row.target, &*row.detail)).collect();
    details.sort_unstable();
    assert_eq!(details, [("p 1", r#"{"signer":"one"}"#), ("p 1", r#"{"signer":"two"}"#)]);
}

async fn signatures_go_with_their_version(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    store.add_version(&tenant(), &signed("d1", "one"), ROOM, &by()).await.unwrap();
    assert_eq!(store.delete_version(&tenant(), "p", 1, &by()).await, Ok(Deleted::Done));
    assert_eq!(store.signed(&tenant(), "p").await, Ok(Vec::new()));
    store.add_version(&tenant(), &signed("d1", "two"), ROOM, &by()).await.unwrap();
    assert_eq!(store.signed(&tenant(), "p").await, Ok(signatures(&[(2, "two")])));
    // Another policy of that name counts from 1 again, and nobody has signed its versions.
    assert_eq!(store.delete_policy(&tenant(), "p", &by()).await, Ok(Deleted::Done));
    store.adds(&tenant(), "p", "d2").await;
    assert_eq!(store.signed(&tenant(), "p").await, Ok(Vec::new()));
}
