//! A save counts only if the user is still as the policy saw it.

use vestibule_domain::Properties;
use vestibule_store::{Error, SaveError};

use crate::harness::{Edits as _, Home, Leaves as _, on_every_store, properties, tenant};

on_every_store!(
    a_save_writes_and_an_empty_value_removes,
    of_two_first_saves_one_wins,
    of_many_saves_on_one_sight_one_wins,
    a_save_on_something_else_changes_nothing,
    another_spelling_of_the_same_is_the_same,
    a_save_that_changes_nothing_compares_nothing,
);

async fn a_save_writes_and_an_empty_value_removes(home: Home) {
    let (joe, store) = ("joe", &home.store);
    store.save(&tenant(), joe, None, &properties(&[("pvt_hw", "aa:bb"), ("pvt_n", "1"), ("x", "")])).await.unwrap();
    let first = properties(&[("pvt_hw", "aa:bb"), ("pvt_n", "1")]);
    assert_eq!(store.profile(&tenant(), joe).await, Ok(Some(first.clone())));

    store.save(&tenant(), joe, Some(&first), &properties(&[("pvt_hw", ""), ("pvt_n", "2")])).await.unwrap();
    let second = properties(&[("pvt_n", "2")]);
    assert_eq!(store.profile(&tenant(), joe).await, Ok(Some(second.clone())));

    store.save(&tenant(), joe, Some(&second), &properties(&[("pvt_n", "")])).await.unwrap();
    assert_eq!(store.profile(&tenant(), joe).await, Ok(Some(Properties::new())));
}

async fn of_two_first_saves_one_wins(home: Home) {
    let other = home.another().await.unwrap();
    for user in 0..20 {
        let user = format!("user{user}");
        let (one, two) = (properties(&[("pvt_hw", "one")]), properties(&[("pvt_hw", "two")]));
        let acme = tenant();
        let (first, second) =
            tokio::join!(home.store.save(&acme, &user, None, &one), other.save(&acme, &user, None, &two));
        let winner = match (first, second) {
            (Ok(()), Err(SaveError::Conflict)) => one,
            (Err(SaveError::Conflict), Ok(())) => two,
            both => panic!("{both:?}"),
        };
        assert_eq!(home.store.profile(&tenant(), &user).await, Ok(Some(winner)));
    }
}

async fn of_many_saves_on_one_sight_one_wins(home: Home) {
    let seen = properties(&[("pvt_n", "0")]);
    home.store.put_properties(&tenant(), "joe", &seen, None).await.unwrap();
    let mut saves = tokio::task::JoinSet::new();
    for number in 1..=20 {
        let (store, seen) = (home.store.clone(), seen.clone());
        saves.spawn(async move {
            let writes = properties(&[("pvt_n", &number.to_string())]);
            store.save(&tenant(), "joe", Some(&seen), &writes).await.map(|()| writes)
        });
    }
    let saved: Vec<_> = saves.join_all().await;
    let won: Vec<_> = saved.iter().filter_map(|saved| saved.as_ref().ok()).collect();
    assert!(saved.iter().all(|saved| matches!(saved, Ok(_) | Err(SaveError::Conflict))) && won.len() == 1, "{saved:?}");
    assert_eq!(home.store.profile(&tenant(), "joe").await.unwrap().as_ref(), won.first().copied());
}

async fn a_save_on_something_else_changes_nothing(home: Home) {
    let stored = properties(&[("a", "1")]);
    home.store.put_properties(&tenant(), "joe", &stored, None).await.unwrap();
    let writes = properties(&[("a", "2")]);
    for seen in [None, Some(Properties::new()), Some(properties(&[("a", "1"), ("b", "")]))] {
        let save = home.store.save(&tenant(), "joe", seen.as_ref(), &writes).await;
        assert_eq!(save, Err(SaveError::Conflict), "{seen:?}");
    }
    assert_eq!(home.store.profile(&tenant(), "joe").await, Ok(Some(stored.clone())));
    assert_eq!(home.store.save(&tenant(), "jim", Some(&stored), &writes).await, Err(SaveError::Conflict));
    assert_eq!(home.store.profile(&tenant(), "jim").await, Ok(None));
}

async fn another_spelling_of_the_same_is_the_same(home: Home) {
    let seen = properties(&[("a", "1"), ("b", "é")]);
    home.store.put_properties(&tenant(), "joe", &seen, None).await.unwrap();
    home.execute(r#"update profile set properties = '{ "b": "\u00e9", "a": "1" }'"#).await;
    home.store.save(&tenant(), "joe", Some(&seen), &properties(&[("a", "2")])).await.unwrap();
    assert_eq!(home.store.profile(&tenant(), "joe").await, Ok(Some(properties(&[("a", "2"), ("b", "é")]))));

    home.execute(r#"update profile set properties = '[]'"#).await;
    let save = home.store.save(&tenant(), "joe", Some(&seen), &properties(&[("a", "2")])).await;
    assert!(matches!(save, Err(SaveError::Store(Error::Damaged { .. }))), "{save:?}");
}

async fn a_save_that_changes_nothing_compares_nothing(home: Home) {
    let (nothing, some) = (Properties::new(), properties(&[("a", "1")]));
    home.store.put_properties(&tenant(), "joe", &some, None).await.unwrap();
    assert_eq!(home.store.save(&tenant(), "joe", None, &nothing).await, Ok(()));
    assert_eq!(
        home.store.save(&tenant(), "joe", Some(&properties(&[("b", "2")])), &properties(&[("b", "2")])).await,
        Ok(())
    );
    assert_eq!(home.store.save(&tenant(), "jim", None, &properties(&[("a", "")])).await, Ok(()));
    assert_eq!(home.store.profile(&tenant(), "joe").await, Ok(Some(some)));
    assert_eq!(home.store.profile(&tenant(), "jim").await, Ok(None));
}
