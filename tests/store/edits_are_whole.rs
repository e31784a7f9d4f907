//! Whatever is set and removed by one edit of a profile is changed together or not at all, with one row in the audit log.

use tokio::task::JoinSet;
use vestibule_domain::Properties;
use vestibule_store::{Edit, Error};

use crate::harness::{Edits as _, Home, Reads as _, by, on_every_store, properties, tenant};

on_every_store!(
    one_edit_sets_and_removes,
    an_edit_that_cannot_be_stored_leaves_neither_half,
    nobody_sees_half_of_an_edit_and_each_one_counts,
);

async fn one_edit_sets_and_removes(home: Home) {
    let store = &home.store;
    store.put_properties(&tenant(), "joe", &properties(&[("a", "1"), ("b", "2"), ("c", "3")]), None).await.unwrap();
    let remove = ["a", "c", "d", "x"].map(str::to_owned);
    let edit = Edit { set: &properties(&[("b", "4"), ("c", "5"), ("e", "")]), remove: &remove };
    assert_eq!(store.edit_profile(&tenant(), "joe", edit, 9, Some(&by())).await, Ok(()));
    let after = properties(&[("b", "4"), ("e", "")]);
    assert_eq!(store.profile(&tenant(), "joe").await, Ok(Some(after)));
    assert_eq!(store.edit_profile(&tenant(), "joe", edit, 9, Some(&by())).await, Ok(()));
    let rows = store.last_audits(Some(&tenant()), 9, None).await.unwrap();
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((&*row.action, &*row.detail), ("profile.put", r#"{"set":["b","e"],"removed":["a","c"]}"#));
}

async fn an_edit_that_cannot_be_stored_leaves_neither_half(home: Home) {
    let store = &home.store;
    let many = |letter: char| {
        let pairs = (0..300).map(|number| (format!("{letter}{number}"), "x".to_owned()));
        Properties::from_pairs(pairs.collect()).unwrap()
    };
    store.put_properties(&tenant(), "joe", &many('a'), None).await.unwrap();
    let edit = Edit { set: &many('b'), remove: &["a0".to_owned()] };
    let refused = store.edit_profile(&tenant(), "joe", edit, 9, Some(&by())).await;
    assert!(matches!(refused, Err(Error::Properties(_))), "{refused:?}");
    assert_eq!(store.profile(&tenant(), "joe").await, Ok(Some(many('a'))));
    assert_eq!(store.last_audits(Some(&tenant()), 9, None).await, Ok(Vec::new()));

    // What makes room and what takes it are one change.
    let all: Vec<_> = many('a').iter().map(|(name, _)| name.to_owned()).collect();
    let edit = Edit { set: &many('b'), remove: &all };
    assert_eq!(store.edit_profile(&tenant(), "joe", edit, 9, None).await, Ok(()));
    assert_eq!(store.profile(&tenant(), "joe").await, Ok(Some(many('b'))));
}

async fn nobody_sees_half_of_an_edit_and_each_one_counts(home: Home) {
    let store = &home.store;
    let old: Vec<_> = (0..20).map(|number| (format!("old{number}"), "x".to_owned())).collect();
    store.put_properties(&tenant(), "joe", &Properties::from_pairs(old).unwrap(), None).await.unwrap();
    let mut edits = JoinSet::new();
    for number in 0..20 {
        let store = store.clone();
        edits.spawn(async move {
            let (set, remove) = (properties(&[(&format!("new{number}"), "x")]), [format!("old{number}")]);
            store.edit_profile(&tenant(), "joe", Edit { set: &set, remove: &remove }, 9, Some(&by())).await
        });
    }
    while !edits.is_empty() {
        let seen = store.profile(&tenant(), "joe").await.unwrap().unwrap();
        let whole =
            |number: &i32| seen.get(&format!("old{number}")).is_some() != seen.get(&format!("new{number}")).is_some();
        assert!((0..20).all(|number| whole(&number)), "{seen:?}");
        while let Some(edited) = edits.try_join_next() {
            assert_eq!(edited.unwrap(), Ok(()));
        }
    }
    let after = store.profile(&tenant(), "joe").await.unwrap().unwrap();
    assert!(after.len() == 20 && after.iter().all(|(name, _)| name.starts_with("new")), "{after:?}");
    assert_eq!(store.last_audits(Some(&tenant()), 99, None).await.unwrap().len(), 20);
}
