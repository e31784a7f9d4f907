//! Whatever an administrator changes leaves one row in the audit log, and what changes nothing leaves none.

use vestibule_domain::{Secret, TenantName};
use vestibule_store::{By, Store, TokenRow};

use crate::harness::{
    Edits as _, Home, Reads as _, Registers as _, at, by, listed, on_every_store, properties, tenant, uses,
};

on_every_store!(
    every_change_leaves_one_row,
    what_changes_nothing_leaves_none,
    a_row_says_who_and_from_where,
    rows_are_listed_newest_first_page_after_page,
);

/// What was done to what, oldest first.
async fn log(store: &Store, tenant: Option<&TenantName>) -> Vec<(String, String, String)> {
    let rows = store.last_audits(tenant, 99, None).await.unwrap();
    rows.into_iter().rev().map(|row| (row.action, row.target, row.detail)).collect()
}

fn token(tenant: Option<TenantName>) -> TokenRow {
    let id = format!("of {tenant:?}");
    let [name, hash, scopes] = ["robot", "hash", "users"].map(str::to_owned);
    TokenRow { id, tenant, name, hash, scopes, created: at(0), expires: None }
}

async fn every_change_leaves_one_row(home: Home) {
    let (store, acme, by) = (&home.store, tenant(), by());
    store.creates(&acme).await;
    store.set_tenant(&acme, Some("[1]"), Some("[2]"), &by).await.unwrap();
    store.adds(&acme, "p", "d1").await;
    store.adds(&acme, "p", "d2").await;
    store.set_policy(&acme, "p", Some("[3]"), Some("[4]"), &by).await.unwrap();
    store.put_secret(&acme, "p", "key", &Secret::new("x"), u32::MAX, &by).await.unwrap();
    store.delete_secret(&acme, "p", "key", &by).await.unwrap();
    store.activate(&acme, None, "[5]", &uses(&[("p", 1)]), "why", &by).await.unwrap();
    store.activate(&acme, Some(1), "[]", &[], "", &by).await.unwrap();
    store.delete_version(&acme, "p", 2, &by).await.unwrap();
    store.delete_policy(&acme, "p", &by).await.unwrap();
    store.put_token(&token(Some(tenant())), None, &by).await.unwrap();
    store.delete_token(Some(&acme), "robot", &by).await.unwrap();
    let said = Some(&by);
    store.put_properties(&acme, "joe", &properties(&[("a", "1"), ("b", "2")]), said).await.unwrap();
    store.delete_properties(&acme, "joe", &["a".to_owned()], said).await.unwrap();
    store.set_password(&acme, "joe", "hash", u32::MAX, said).await.unwrap();
    store.delete_password(&acme, "joe", said).await.unwrap();
    store.delete_profile(&acme, "joe", said).await.unwrap();

    let expected = [
        ("tenant.create", "acme", ""),
        ("tenant.set", "acme", ""),
        ("policy.version.add", "p 1", r#"{"digest":"d1","source":"d1"}"#),
        ("policy.version.add", "p 2", r#"{"digest":"d2","source":"d2"}"#),
        ("policy.set", "p", ""),
        ("policy.secret.put", "p key", ""),
        ("policy.secret.delete", "p key", ""),
        ("revision.activate", "1", r#"{"versions":["p 1"],"note":"why"}"#),
        ("revision.activate", "2", r#"{"versions":[],"note":""}"#),
        ("policy.version.delete", "p 2", ""),
        ("policy.delete", "p", ""),
        ("token.put", "robot", ""),
        ("token.delete", "robot", ""),
        ("profile.put", "joe", r#"{"set":["a","b"],"removed":[]}"#),
        ("profile.put", "joe", r#"{"set":[],"removed":["a"]}"#),
        ("password.set", "joe", ""),
        ("password.delete", "joe", ""),
        ("profile.delete", "joe", ""),
    ];
    let expected = expected.map(|(action, target, detail)| (action.to_owned(), target.to_owned(), detail.to_owned()));
    assert_eq!(log(store, Some(&acme)).await, expected);
    assert!(log(store, None).await.is_empty());

    store.put_token(&token(None), None, &by).await.unwrap();
    store.delete_token(None, "robot", &by).await.unwrap();
    store.delete_tenant(&acme, &by).await.unwrap();
    let operators = [("token.put", "robot"), ("token.delete", "robot"), ("tenant.delete", "acme")];
    let operators = operators.map(|(action, target)| (action.to_owned(), target.to_owned(), String::new()));
    assert_eq!(log(store, None).await, operators);
}

async fn what_changes_nothing_leaves_none(home: Home) {
    let (store, acme, unknown, by) = (&home.store, tenant(), TenantName::new("unknown").unwrap(), by());
    store.creates(&acme).await;
    store.adds(&acme, "p", "d1").await;
    store.activates(&acme, &[("p", 1)]).await;
    // Nobody says who.
    store.put_properties(&acme, "joe", &properties(&[("a", "1")]), None).await.unwrap();
    let before = (log(store, Some(&acme)).await, store.changes_since(0).await);

    store.create_tenant(&listed(&acme), &by).await.unwrap();
    store.set_tenant(&unknown, Some("{}"), Some("{}"), &by).await.unwrap();
    store.delete_tenant(&unknown, &by).await.unwrap();
    assert_eq!(store.adds(&acme, "p", "d1").await, 1);
    store.set_policy(&acme, "q", Some("{}"), Some("{}"), &by).await.unwrap();
    store.put_secret(&acme, "q", "key", &Secret::new("x"), u32::MAX, &by).await.unwrap();
    store.delete_secret(&acme, "p", "key", &by).await.unwrap();
    store.activate(&acme, None, "[]", &[], "", &by).await.unwrap_err();
    store.activate(&acme, Some(1), "[]", &uses(&[("q", 1)]), "", &by).await.unwrap_err();
    for (policy, number) in [("p", 1), ("q", 1)] {
        store.delete_version(&acme, policy, number, &by).await.unwrap();
        store.delete_policy(&acme, policy, &by).await.unwrap();
    }
    store.put_token(&token(Some(unknown.clone())), None, &by).await.unwrap_err();
    store.delete_token(Some(&acme), "robot", &by).await.unwrap();
    let names = ["b".to_owned()];
    store.delete_properties(&acme, "joe", &names, Some(&by)).await.unwrap();
    store.put_properties(&acme, "joe", &properties(&[("a", "1")]), Some(&by)).await.unwrap();
    store.put_properties(&acme, "", &properties(&[]), Some(&by)).await.unwrap_err();
    store.delete_password(&acme, "joe", Some(&by)).await.unwrap();
    store.delete_profile(&acme, "jim", Some(&by)).await.unwrap();

    assert_eq!((log(store, Some(&acme)).await, store.changes_since(0).await), before);
    assert!(log(store, Some(&unknown)).await.is_empty() && log(store, None).await.is_empty());
}

async fn a_row_says_who_and_from_where(home: Home) {
    let by = By { actor: "Jürgen O'Neil".to_owned(), origin: "2001:db8::1".to_owned(), at: at(7) };
    home.store.create_tenant(&listed(&tenant()), &by).await.unwrap();
    home.store.set_password(&tenant(), "joe", "hash", u32::MAX, Some(&by)).await.unwrap();
    let rows = home.store.last_audits(Some(&tenant()), 9, None).await.unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!(By { actor: row.actor, origin: row.origin, at: row.at }, by);
    }
}

async fn rows_are_listed_newest_first_page_after_page(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    // Those of one moment are in the order in which they were made.
    for second in [0, 0, 0, 1, 2] {
        store.set_tenant(&tenant(), Some("{}"), Some("{}"), &By { at: at(second), ..by() }).await.unwrap();
    }
    let all = store.last_audits(Some(&tenant()), 99, None).await.unwrap();
    assert!(all.is_sorted_by(|one, next| one.id > next.id && one.at >= next.at));
    assert_eq!(all.last().unwrap().action, "tenant.create");
    let (mut paged, mut before) = (Vec::new(), None);
    loop {
        let page = store.last_audits(Some(&tenant()), 4, before.as_deref()).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id.clone());
        paged.extend(page);
    }
    assert_eq!(paged, all);
    assert_eq!(store.last_audits(Some(&tenant()), 9, Some("")).await, Ok(Vec::new()));
}
