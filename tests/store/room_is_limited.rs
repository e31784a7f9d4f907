//! A tenant's administrators add no more than there may be, however many of them do at once and wherever; its logins are not refused.

use std::collections::HashSet;

use tokio::task::JoinSet;
use vestibule_domain::{Properties, Secret, TenantName};
use vestibule_store::{Edit, Error, Store, TokenRow};

use crate::harness::{
    Edits as _, Home, Leaves as _, Lists as _, Reads as _, Registers as _, at, by, on_every_store, properties, tenant,
};

on_every_store!(
    many_who_add_at_once_add_as_many_as_there_may_be,
    whoever_is_there_is_changed_without_room,
    only_who_is_new_takes_a_turn,
    a_first_login_saves_without_room,
    tokens_are_limited_and_the_operators_are_not,
    secrets_of_all_policies_are_limited_together,
    secrets_of_one_policy_have_so_many_bytes_and_no_more,
);

/// Adds an empty profile.
async fn adds(store: &Store, name: &str, most: u32) -> Result<(), Error> {
    let edit = Edit { set: &Properties::new(), remove: &[] };
    store.edit_profile(&tenant(), name, edit, most, Some(&by())).await
}

fn too_many<T>(most: u32, what: &'static str) -> Result<T, Error> {
    Err(Error::TooMany { most, what })
}

async fn many_who_add_at_once_add_as_many_as_there_may_be(home: Home) {
    let other_tenants = TenantName::new("other").unwrap();
    home.store.put_properties(&other_tenants, "joe", &Properties::new(), None).await.unwrap();
    let stores = [home.store.clone(), home.another().await.unwrap()];
    let mut adding = JoinSet::new();
    for number in 0..24 {
        let store = stores[number % 2].clone();
        adding.spawn(async move {
            let name = format!("user-{number}");
            match number % 3 {
                0 => store.set_password(&tenant(), &name, "hash", 5, Some(&by())).await,
                _ => adds(&store, &name, 5).await,
            }
        });
    }
    let (added, refused): (Vec<_>, Vec<_>) = adding.join_all().await.into_iter().partition(|added| added.is_ok());
    assert_eq!((added.len(), refused), (5, vec![too_many(5, "users and groups"); 19]));
    assert_eq!(home.store.all_profiles(&tenant(), "").await.unwrap().len(), 5);
    assert_eq!(home.store.last_audits(Some(&tenant()), 99, None).await.unwrap().len(), 5);
}

async fn whoever_is_there_is_changed_without_room(home: Home) {
    let store = &home.store;
    store.put_properties(&tenant(), "joe", &Properties::new(), None).await.unwrap();
    for most in [0, 1] {
        let (set, value) = (properties(&[("a", &most.to_string())]), most.to_string());
        let edit = Edit { set: &set, remove: &[] };
        assert_eq!(store.edit_profile(&tenant(), "joe", edit, most, None).await, Ok(()));
        assert_eq!(store.profile(&tenant(), "joe").await.unwrap().unwrap().get("a"), Some(value.as_str()));
        assert_eq!(store.set_password(&tenant(), "joe", "hash", most, None).await, Ok(()));
        assert_eq!(store.edit_profile(&tenant(), "jim", edit, most, None).await, too_many(most, "users and groups"));
        assert_eq!(store.set_password(&tenant(), "jim", "hash", most, None).await, too_many(most, "users and groups"));
        assert_eq!(store.password(&tenant(), "jim").await, Ok(None));
    }
}

async fn only_who_is_new_takes_a_turn(home: Home) {
    let store = &home.store;
    let turns = async || home.count("select stamp from clock").await;
    let sets_password = async |name: &str| store.set_password(&tenant(), name, "hash", 9, Some(&by())).await.unwrap();
    for (name, new) in [("joe", 1), ("joe", 0), ("jim", 1), ("ann", 1), ("ann", 0)] {
        let before = turns().await;
        match name {
            "ann" => adds(store, name, 9).await.unwrap(),
            _ => sets_password(name).await,
        }
        assert_eq!(turns().await - before, new, "{name}");
    }
    let before = turns().await;
    sets_password("ann").await;
    assert_eq!(turns().await, before);
    assert_eq!(store.last_audits(Some(&tenant()), 99, None).await.unwrap().len(), 5);
}

async fn a_first_login_saves_without_room(home: Home) {
    let store = &home.store;
    adds(store, "joe", 1).await.unwrap();
    store.save(&tenant(), "jim", None, &properties(&[("pvt_hw", "aa:bb")])).await.unwrap();
    assert_eq!(adds(store, "ann", 2).await, too_many(2, "users and groups"));
    assert_eq!(adds(store, "ann", 3).await, Ok(()));
}

fn token(tenant: Option<TenantName>, name: &str) -> TokenRow {
    let id = format!("{name} of {tenant:?}");
    let [name, hash, scopes] = [name, "hash", "read"].map(str::to_owned);
    TokenRow { id, tenant, name, hash, scopes, created: at(0), expires: None }
}

async fn tokens_are_limited_and_the_operators_are_not(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    for (name, expected) in [("a", Ok(())), ("b", Ok(())), ("c", too_many(2, "tokens")), ("b", Ok(()))] {
        assert_eq!(store.put_token(&token(Some(tenant()), name), Some(2), &by()).await, expected, "{name}");
        assert_eq!(store.put_token(&token(None, name), None, &by()).await, Ok(()), "{name}");
    }
    let names = |rows: Vec<TokenRow>| rows.into_iter().map(|row| row.name).collect::<Vec<_>>();
    assert_eq!(names(store.tokens(Some(&tenant())).await.unwrap()), ["a", "b"]);
    assert_eq!(names(store.tokens(None).await.unwrap()), ["a", "b", "c"]);
    store.delete_token(Some(&tenant()), "a", &by()).await.unwrap();
    assert_eq!(store.put_token(&token(Some(tenant()), "c"), Some(2), &by()).await, Ok(()));
}

async fn secrets_of_all_policies_are_limited_together(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    for policy in ["p", "q"] {
        store.adds(&tenant(), policy, "d1").await;
    }
    let refused = || too_many(2, "secrets");
    let asked = [
        ("p", "a", Ok(true)),
        ("q", "a", Ok(true)),
        ("q", "b", refused()),
        ("p", "b", refused()),
        ("q", "a", Ok(true)),
    ];
    for (policy, name, expected) in asked {
        let put = store.put_secret(&tenant(), policy, name, &Secret::new("x"), 2, &by()).await;
        assert_eq!(put, expected, "{policy} {name}");
    }
    assert_eq!(store.put_secret(&tenant(), "unknown", "a", &Secret::new("x"), 2, &by()).await, Ok(false));
    let kept: HashSet<_> =
        store.secret_names(&tenant(), "q").await.unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(kept, HashSet::from(["a".to_owned()]));
}

async fn secrets_of_one_policy_have_so_many_bytes_and_no_more(home: Home) {
    let (store, large) = (&home.store, Secret::new("x".repeat(16 << 10)));
    store.creates(&tenant()).await;
    for policy in ["p", "q"] {
        store.adds(&tenant(), policy, "d1").await;
    }
    let puts = async |policy: &str, name: &str| store.put_secret(&tenant(), policy, name, &large, 999, &by()).await;
    for number in 0..64 {
        assert_eq!(puts("p", &number.to_string()).await, Ok(true));
    }
    assert_eq!(puts("p", "64").await, too_many(1 << 20, "bytes of secrets of a policy"));
    assert_eq!(puts("p", "63").await, Ok(true));
    assert_eq!(puts("q", "64").await, Ok(true));
}
