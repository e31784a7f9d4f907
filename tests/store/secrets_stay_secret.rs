//! A policy's secrets are put, replaced and deleted, and printed nowhere.

use vestibule_domain::Secret;
use vestibule_store::By;

use crate::harness::{Home, Reads as _, Registers as _, at, by, on_every_store, tenant};

on_every_store!(a_secret_is_put_replaced_and_deleted, a_secret_goes_with_its_policy, no_secret_is_printed_or_logged,);

async fn a_secret_is_put_replaced_and_deleted(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    let secret = |text: &str| Secret::new(text);
    assert_eq!(store.put_secret(&tenant(), "p", "key", &secret("x"), u32::MAX, &by()).await, Ok(false));
    store.adds(&tenant(), "p", "d1").await;
    store.adds(&tenant(), "q", "d1").await;
    let later = By { at: at(5), ..by() };
    for (policy, name, value, by) in
        [("p", "key", "old", &by()), ("p", "key", "new", &later), ("p", "a", "", &by()), ("q", "key", "other", &by())]
    {
        assert_eq!(store.put_secret(&tenant(), policy, name, &secret(value), u32::MAX, by).await, Ok(true));
    }
    let all = vec![("a".to_owned(), secret("")), ("key".to_owned(), secret("new"))];
    assert_eq!(store.secrets(&tenant(), "p").await, Ok(all));
    let names = vec![("a".to_owned(), at(0)), ("key".to_owned(), at(5))];
    assert_eq!(store.secret_names(&tenant(), "p").await, Ok(names));

    assert_eq!(store.delete_secret(&tenant(), "p", "key", &by()).await, Ok(true));
    assert_eq!(store.delete_secret(&tenant(), "p", "key", &by()).await, Ok(false));
    assert_eq!(store.secrets(&tenant(), "p").await, Ok(vec![("a".to_owned(), secret(""))]));
    assert_eq!(store.secrets(&tenant(), "q").await, Ok(vec![("key".to_owned(), secret("other"))]));
}

async fn a_secret_goes_with_its_policy(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    store.adds(&tenant(), "p", "d1").await;
    store.put_secret(&tenant(), "p", "key", &Secret::new("x"), u32::MAX, &by()).await.unwrap();
    store.delete_policy(&tenant(), "p", &by()).await.unwrap();
    store.adds(&tenant(), "p", "d1").await;
    assert_eq!(store.secrets(&tenant(), "p").await, Ok(Vec::new()));
}

async fn no_secret_is_printed_or_logged(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    store.adds(&tenant(), "p", "d1").await;
    store.put_secret(&tenant(), "p", "key", &Secret::new("correct horse"), u32::MAX, &by()).await.unwrap();
    let printed = format!("{:?} {:?}", store.secrets(&tenant(), "p").await, store.policies(&tenant()).await);
    let logged = format!("{:?}", store.last_audits(Some(&tenant()), 99, None).await);
    for text in [printed, logged] {
        assert!(text.contains("key") || text.contains("***"), "{text}");
        assert!(!text.contains("horse"), "{text}");
    }
}
