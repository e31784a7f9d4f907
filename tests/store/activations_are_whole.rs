//! One revision of a tenant's chain is active: all of it, and one after another.

use tokio::task::JoinSet;
use vestibule_domain::TenantName;
use vestibule_store::{ActivateError, Deleted, KEPT_REVISIONS, RevisionRow};

use crate::harness::{Home, Reads as _, Registers as _, at, by, on_every_store, tenant, uses};

on_every_store!(
    a_revision_comes_back_whole,
    an_activation_counts_on_what_was_expected,
    of_forty_activations_on_one_sight_one_wins,
    a_revision_of_unknown_versions_is_refused_as_a_whole,
    nobody_sees_half_an_activation,
    an_activated_version_is_there_whoever_deletes_it_meanwhile,
    old_revisions_are_pruned,
);

async fn a_revision_comes_back_whole(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    store.adds(&tenant(), "p", "d1").await;
    assert_eq!(store.active_revision(&tenant()).await, Ok(None));
    // The same version may be named twice.
    let uses = uses(&[("p", 1), ("p", 1)]);
    let links = r#"[{"policy": "p"}, {"policy": "p"}]"#;
    assert_eq!(store.activate(&tenant(), None, links, &uses, "first", &by()).await, Ok(1));
    let [links, actor, note] = [links, "ann", "first"].map(str::to_owned);
    let first = RevisionRow { number: 1, links, created: at(0), actor, note };
    assert_eq!(store.active_revision(&tenant()).await, Ok(Some(first.clone())));

    assert_eq!(store.activate(&tenant(), Some(1), "[]", &[], "none", &by()).await, Ok(2));
    assert_eq!(store.activate(&tenant(), Some(2), &first.links, &uses, "back", &by()).await, Ok(3));
    assert_eq!(store.revision(&tenant(), 1).await, Ok(Some(first.clone())));
    assert_eq!(store.revision(&tenant(), 4).await, Ok(None));
    let third = RevisionRow { number: 3, note: "back".to_owned(), ..first };
    assert_eq!(store.active_revision(&tenant()).await, Ok(Some(third)));
    let numbers = async |count, before| {
        let page = store.revisions(&tenant(), count, before).await.unwrap();
        page.into_iter().map(|row| row.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers(2, None).await, [3, 2]);
    assert_eq!(numbers(2, Some(2)).await, [1]);
}

async fn an_activation_counts_on_what_was_expected(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    let activate = async |expected| store.activate(&tenant(), expected, "[]", &[], "", &by()).await;
    assert_eq!(activate(Some(1)).await, Err(ActivateError::Conflict));
    assert_eq!(activate(None).await, Ok(1));
    for outdated in [None, Some(0), Some(2)] {
        assert_eq!(activate(outdated).await, Err(ActivateError::Conflict));
    }
    assert_eq!(activate(Some(1)).await, Ok(2));
    assert_eq!(store.revisions(&tenant(), 9, None).await.unwrap().len(), 2);
}

async fn of_forty_activations_on_one_sight_one_wins(home: Home) {
    let stores = [home.store.clone(), home.another().await.unwrap()];
    home.store.creates(&tenant()).await;
    for expected in [None, Some(1)] {
        let mut activations = JoinSet::new();
        for number in 0..40 {
            let store = stores[number % 2].clone();
            activations.spawn(async move {
                let note = number.to_string();
                (note.clone(), store.activate(&tenant(), expected, "[]", &[], &note, &by()).await)
            });
        }
        let (won, lost): (Vec<_>, Vec<_>) =
            activations.join_all().await.into_iter().partition(|(_, activated)| activated.is_ok());
        assert!(lost.iter().all(|(_, activated)| *activated == Err(ActivateError::Conflict)), "{lost:?}");
        let active = home.store.active_revision(&tenant()).await.unwrap().unwrap();
        assert_eq!(won, [(active.note, Ok(active.number))]);
    }
    assert_eq!(home.store.revisions(&tenant(), 9, None).await.unwrap().len(), 2);
}

async fn a_revision_of_unknown_versions_is_refused_as_a_whole(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    store.adds(&tenant(), "p", "d1").await;
    store.activates(&tenant(), &[("p", 1)]).await;
    let before = store.revisions(&tenant(), 9, None).await;
    for (policy, number) in [("p", 2), ("q", 1)] {
        let uses = uses(&[("p", 1), (policy, number)]);
        let policy = policy.to_owned();
        let refused = store.activate(&tenant(), Some(1), "[1]", &uses, "", &by()).await;
        assert_eq!(refused, Err(ActivateError::NoVersion { policy, number }));
        assert_eq!(store.revisions(&tenant(), 9, None).await, before);
    }
    // Another tenant's version is none.
    let other = TenantName::new("other").unwrap();
    store.creates(&other).await;
    let refused = store.activate(&other, None, "[]", &uses(&[("p", 1)]), "", &by()).await;
    assert_eq!(refused, Err(ActivateError::NoVersion { policy: "p".to_owned(), number: 1 }));
}

async fn nobody_sees_half_an_activation(home: Home) {
    home.store.creates(&tenant()).await;
    home.store.activate(&tenant(), None, "1", &[], "1", &by()).await.unwrap();
    let (store, another) = (home.store.clone(), home.another().await.unwrap());
    let activations = tokio::spawn(async move {
        for number in 1..40 {
            let links = (number + 1).to_string();
            store.activate(&tenant(), Some(number), &links, &[], &links, &by()).await.unwrap();
        }
    });
    let mut last = 0;
    while !activations.is_finished() {
        let seen = another.active_revision(&tenant()).await.unwrap().unwrap();
        assert!(seen.number >= last && seen.links == seen.number.to_string() && seen.note == seen.links, "{seen:?}");
        last = seen.number;
    }
    activations.await.unwrap();
}

async fn an_activated_version_is_there_whoever_deletes_it_meanwhile(home: Home) {
    let (store, another) = (&home.store, home.another().await.unwrap());
    store.creates(&tenant()).await;
    for round in 0..20 {
        let number = store.adds(&tenant(), "p", &format!("d{round}")).await;
        let active = store.active_revision(&tenant()).await.unwrap().map(|row| row.number);
        let (acme, uses, by) = (tenant(), uses(&[("p", number)]), by());
        let (activated, deleted) = tokio::join!(
            store.activate(&acme, active, "[]", &uses, "", &by),
            another.delete_version(&acme, "p", number, &by),
        );
        let there = store.version(&tenant(), "p", number).await.unwrap().is_some();
        match (activated, deleted) {
            (Ok(_), Ok(Deleted::InUse)) => assert!(there),
            (Err(ActivateError::NoVersion { .. }), Ok(Deleted::Done)) => assert!(!there),
            both => panic!("{both:?}"),
        }
    }
}

async fn old_revisions_are_pruned(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    store.adds(&tenant(), "p", "d1").await;
    store.activates(&tenant(), &[("p", 1)]).await;
    let more = i64::from(KEPT_REVISIONS) + 2;
    for expected in 2..=more {
        assert_eq!(store.activates(&tenant(), &[]).await, expected);
    }
    let kept: Vec<_> = store.revisions(&tenant(), 999, None).await.unwrap().iter().map(|row| row.number).collect();
    assert_eq!(kept, (3..=more).rev().collect::<Vec<_>>());
    // Nobody names the version any more.
    assert_eq!(home.count("select count(*) from revision_use").await, 0);
    assert_eq!(store.delete_version(&tenant(), "p", 1, &by()).await, Ok(Deleted::Done));
}
