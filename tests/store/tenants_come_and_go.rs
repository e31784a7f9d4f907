//! Tenants are made, listed, changed and deleted, each with everything that is its own and nothing else.

use vestibule_domain::{Secret, TenantName};
use vestibule_store::{Error, NewChallenge, NewVersion, SaveError, Session, Store, TenantRow, TokenRow};

use crate::harness::{
    Edits as _, Home, Leaves as _, Lists as _, ROOM, Reads as _, Registers as _, at, by, decision, listed,
    on_every_store, properties, tenant,
};

on_every_store!(
    a_tenant_is_made_once_and_changed,
    tenants_are_listed_by_name_page_after_page,
    a_deleted_tenant_leaves_nothing_and_its_neighbour_keeps_everything,
    a_tenant_that_is_not_there_gets_nothing,
    a_component_stays_as_long_as_anybody_names_it,
    a_tenant_is_deleted_while_its_users_log_in,
);

fn named(name: &str) -> TenantName {
    TenantName::new(name).unwrap()
}

async fn a_tenant_is_made_once_and_changed(home: Home) {
    let store = &home.store;
    assert_eq!(store.tenant(&tenant()).await, Ok(None));
    assert_eq!(store.set_tenant(&tenant(), Some("{}"), Some("{}"), &by()).await, Ok(false));
    let [settings, terms] = [r#"{"a": 1}"#, r#"{"b": 2}"#].map(str::to_owned);
    let made = TenantRow { name: tenant(), settings, terms, created: at(1) };
    assert_eq!(store.create_tenant(&made, &by()).await, Ok(true));
    assert_eq!(store.create_tenant(&listed(&tenant()), &by()).await, Ok(false));
    assert_eq!(store.tenant(&tenant()).await, Ok(Some(made.clone())));

    assert_eq!(store.set_tenant(&tenant(), Some("{}"), Some("[]"), &by()).await, Ok(true));
    let [settings, terms] = ["{}", "[]"].map(str::to_owned);
    assert_eq!(store.tenant(&tenant()).await, Ok(Some(TenantRow { settings, terms, ..made })));
}

async fn tenants_are_listed_by_name_page_after_page(home: Home) {
    let names = ["a", "a-1", "a1", "b", "z9"];
    for name in names.iter().rev() {
        home.store.creates(&named(name)).await;
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = home.store.tenants(after.as_deref(), 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.name.to_string());
        seen.extend(page.into_iter().map(|row| row.name.to_string()));
    }
    assert_eq!(seen, names);
    assert_eq!(home.store.tenants(None, 0).await, Ok(Vec::new()));
}

/// One of everything that a tenant can have.
async fn fill(store: &Store, tenant: &TenantName) {
    store.creates(tenant).await;
    store.put_properties(tenant, "joe", &properties(&[("a", "1")]), None).await.unwrap();
    store.set_password(tenant, "joe", "hash", u32::MAX, None).await.unwrap();
    // One component that is the tenant's alone, and one that others have, too.
    store.adds(tenant, "own", &format!("of {tenant}")).await;
    store.adds(tenant, "shared", "of all").await;
    let (policy, digest, source, component, signer) = ("shared", "of all", "of all", b"".as_slice(), Some("key"));
    let signed = NewVersion { policy, digest, source, component, manifest: "{}", settings: "{}", grants: "{}", signer };
    store.add_version(tenant, &signed, ROOM, &by()).await.unwrap();
    store.put_secret(tenant, "own", "key", &Secret::new("hunter2"), u32::MAX, &by()).await.unwrap();
    store.activates(tenant, &[("own", 1)]).await;
    store.activates(tenant, &[("own", 1), ("shared", 1)]).await;
    let [id, name, hash, scopes] = [format!("t-{tenant}"), "robot".to_owned(), "h".to_owned(), "s".to_owned()];
    let token = TokenRow { id, tenant: Some(tenant.clone()), name, hash, scopes, created: at(0), expires: None };
    store.put_token(&token, None, &by()).await.unwrap();
    let [id, user] = ["s", "joe"].map(str::to_owned);
    store.keep(tenant, &Session { id, user, state: Vec::new(), expires: at(60) }).await.unwrap();
    let [id, user] = ["c", "joe"].map(str::to_owned);
    store.ask(tenant, &NewChallenge { id, user, state: Vec::new(), expires: at(60), replaces: false }).await.unwrap();
    store.record(tenant, &decision("d")).await.unwrap();
}

/// All that is kept in the columns of this name.
async fn rows_of(home: &Home, tenant: &TenantName) -> Vec<(&'static str, i64)> {
    let mut rows = Vec::new();
    for table in [
        "tenant",
        "profile",
        "password",
        "policy",
        "policy_version",
        "version_signature",
        "policy_secret",
        "revision",
        "revision_use",
        "chain",
        "token",
        "session",
        "challenge",
        "decision",
        "audit",
    ] {
        rows.push((table, home.count(&format!("select count(*) from {table} where tenant = '{tenant}'")).await));
    }
    rows
}

async fn a_deleted_tenant_leaves_nothing_and_its_neighbour_keeps_everything(home: Home) {
    let (store, neighbour) = (&home.store, named("neighbour"));
    assert_eq!(store.delete_tenant(&tenant(), &by()).await, Ok(false));
    fill(store, &tenant()).await;
    fill(store, &neighbour).await;
    let before = rows_of(&home, &neighbour).await;
    assert!(before.iter().all(|(_, rows)| *rows > 0), "{before:?}");

    assert_eq!(store.delete_tenant(&tenant(), &by()).await, Ok(true));
    let left = rows_of(&home, &tenant()).await;
    assert!(left.iter().all(|(_, rows)| *rows == 0), "{left:?}");
    assert_eq!(rows_of(&home, &neighbour).await, before);
    assert_eq!(store.whole_component("of acme").await, Ok(None));
    for kept in ["of neighbour", "of all"] {
        assert!(store.whole_component(kept).await.unwrap().is_some(), "{kept}");
    }
    let log = store.last_audits(None, 9, None).await.unwrap();
    assert_eq!(log.iter().map(|row| (&*row.action, &*row.target)).collect::<Vec<_>>(), [("tenant.delete", "acme")]);
    assert_eq!(store.delete_tenant(&tenant(), &by()).await, Ok(false));

    fill(store, &tenant()).await;
    assert_eq!(store.active_revision(&tenant()).await.unwrap().unwrap().number, 2);
}

async fn a_tenant_that_is_not_there_gets_nothing(home: Home) {
    let (store, unknown) = (&home.store, Error::UnknownTenant(tenant()));
    let (policy, digest, source, component, signer) = ("p", "d", "d", b"x".as_slice(), Some("key"));
    let version =
        NewVersion { policy, digest, source, component, manifest: "{}", settings: "{}", grants: "{}", signer };
    assert_eq!(store.add_version(&tenant(), &version, ROOM, &by()).await, Err(unknown.clone().into()));
    assert_eq!(store.activate(&tenant(), None, "[]", &[], "", &by()).await, Err(unknown.clone().into()));
    let [id, name, hash, scopes] = ["t", "robot", "hash", "users"].map(str::to_owned);
    let token = TokenRow { id, tenant: Some(tenant()), name, hash, scopes, created: at(0), expires: None };
    assert_eq!(store.put_token(&token, None, &by()).await, Err(unknown));
    let rows = rows_of(&home, &tenant()).await;
    assert!(rows.iter().all(|(_, rows)| *rows == 0), "{rows:?}");
    assert_eq!(store.whole_component("d").await, Ok(None));
    assert_eq!(store.changes_since(0).await, Ok(Vec::new()));
}

async fn a_component_stays_as_long_as_anybody_names_it(home: Home) {
    let (store, neighbour) = (&home.store, named("neighbour"));
    for tenant in [&tenant(), &neighbour] {
        store.creates(tenant).await;
        for policy in ["p", "q"] {
            store.adds(tenant, policy, "shared").await;
        }
    }
    store.delete_version(&tenant(), "p", 1, &by()).await.unwrap();
    store.delete_policy(&tenant(), "q", &by()).await.unwrap();
    store.delete_policy(&neighbour, "q", &by()).await.unwrap();
    assert_eq!(store.whole_component("shared").await, Ok(Some(b"shared".to_vec())));
    store.delete_version(&neighbour, "p", 1, &by()).await.unwrap();
    assert_eq!(store.whole_component("shared").await, Ok(None));
}

async fn a_tenant_is_deleted_while_its_users_log_in(home: Home) {
    let (store, seen) = (&home.store, properties(&[("a", "1")]));
    store.creates(&tenant()).await;
    // In an order that is not that of their names.
    let users: Vec<_> = (0..400).map(|number| format!("u{:03}", number * 7 % 400)).collect();
    for user in &users {
        store.save(&tenant(), user, None, &seen).await.unwrap();
    }
    let mut logins = tokio::task::JoinSet::new();
    for user in users {
        let (store, seen) = (store.clone(), seen.clone());
        logins.spawn(async move { store.save(&tenant(), &user, Some(&seen), &properties(&[("a", "2")])).await });
    }
    let first = logins.join_next().await.unwrap().unwrap();
    assert_eq!((first, store.delete_tenant(&tenant(), &by()).await), (Ok(()), Ok(true)));
    for login in logins.join_all().await {
        assert!(matches!(login, Ok(()) | Err(SaveError::Conflict)), "{login:?}");
    }
    assert!(store.all_profiles(&tenant(), "").await.unwrap().is_empty());
}

/// Whoever writes meanwhile waits for one statement at most.
#[tokio::test(flavor = "multi_thread")]
async fn no_statement_deletes_more_of_a_tenant_than_a_thousand_rows() {
    let home = Home::on_postgres().await;
    fill(&home.store, &tenant()).await;
    home.execute(
        "create function is_short() returns trigger language plpgsql as $$ begin
            if (select count(*) from gone) > 1000 then raise exception 'too many at once'; end if;
            return null;
        end $$",
    )
    .await;
    for sql in [
        "insert into profile (tenant, name, properties) select 'acme', 'u' || number, '{}' from generate_series(1, 2500) as number",
        "insert into password (tenant, name, hash) select tenant, name, 'hash' from profile where name like 'u%'",
        "insert into session select 'acme', 's' || number, 'joe', '', 0 from generate_series(1, 2500) as number",
        "insert into challenge select 'acme', 'c' || number, 'joe', '', 0 from generate_series(1, 2500) as number",
        "insert into audit select 'acme', 'a' || number, 0, '', '', '', '', '' from generate_series(1, 2500) as number",
        "insert into decision select 'acme', 'd' || number, 0, 'joe', '', null, '' from generate_series(1, 2500) as number",
        "create trigger is_short after delete on profile referencing old table as gone for each statement execute function is_short()",
        "create trigger is_short after delete on session referencing old table as gone for each statement execute function is_short()",
        "create trigger is_short after delete on challenge referencing old table as gone for each statement execute function is_short()",
        "create trigger is_short after delete on audit referencing old table as gone for each statement execute function is_short()",
        "create trigger is_short after delete on decision referencing old table as gone for each statement execute function is_short()",
    ] {
        home.execute(sql).await;
    }
    assert_eq!(home.store.delete_tenant(&tenant(), &by()).await, Ok(true));
    let left = rows_of(&home, &tenant()).await;
    assert!(left.iter().all(|(_, rows)| *rows == 0), "{left:?}");
}
