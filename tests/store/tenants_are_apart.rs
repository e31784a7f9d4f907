//! What one tenant keeps, no other one sees, changes or deletes.

use std::time::Duration;

use vestibule_domain::TenantName;
use vestibule_domain::profile;
use vestibule_store::{ChainLink, Lockout, LoginProfiles, Session};

use crate::harness::{Home, Leaves as _, at, decision, on_every_store, properties, tenant};

on_every_store!(another_tenant_sees_nothing, another_tenant_changes_nothing);

fn other() -> TenantName {
    TenantName::new("acme-2").unwrap()
}

async fn filled(home: &Home) {
    let (store, acme) = (&home.store, tenant());
    store.put_properties(&acme, profile::DEFAULT, &properties(&[("a", "1")])).await.unwrap();
    store.put_properties(&acme, "joe", &properties(&[("conn_group", "staff")])).await.unwrap();
    store.put_properties(&acme, "staff", &properties(&[("type", "group")])).await.unwrap();
    store.set_password(&acme, "joe", "hash").await.unwrap();
    store.put_component("d", b"component").await.unwrap();
    store.set_chain(&acme, &[link()]).await.unwrap();
    store.keep(&acme, &session()).await.unwrap();
    store.record(&acme, &decision("d")).await.unwrap();
}

fn link() -> ChainLink {
    let [name, digest, settings, grants] = ["p", "d", "{}", "{}"].map(str::to_owned);
    ChainLink { name, digest, settings, grants }
}

fn session() -> Session {
    Session { id: "s".to_owned(), user: "joe".to_owned(), state: b"x".to_vec(), expires: at(60) }
}

async fn another_tenant_sees_nothing(home: Home) {
    filled(&home).await;
    let store = &home.store;
    assert_eq!(store.login_profiles(&other(), "joe").await, Ok(LoginProfiles::default()));
    assert!(store.profiles(&other(), "").await.unwrap().is_empty());
    assert!(store.groups(&other()).await.unwrap().is_empty());
    assert_eq!(store.password(&other(), "joe").await, Ok(None));
    assert_eq!(store.chain(&other()).await, Ok(Vec::new()));
    assert_eq!(store.session(&other(), "s", at(0)).await, Ok(None));
    assert_eq!(store.decision(&other(), "d").await, Ok(None));
    assert_eq!(store.last_decisions(&other(), 9, None).await, Ok(Vec::new()));
    assert_eq!(store.last_decisions(&other(), 9, Some("d")).await, Ok(Vec::new()));

    store.put_properties(&other(), "joe", &properties(&[("conn_group", "staff")])).await.unwrap();
    assert_eq!(store.login_profiles(&other(), "joe").await.unwrap().group, Some(("staff".to_owned(), None)));
}

async fn another_tenant_changes_nothing(home: Home) {
    filled(&home).await;
    let store = &home.store;
    let before = (store.login_profiles(&tenant(), "joe").await, store.password(&tenant(), "joe").await);

    let decided = store.last_decisions(&tenant(), 9, None).await;
    let lockout = Lockout { after: 1, lasts: Duration::from_secs(60) };
    assert_eq!(store.count_failure(&other(), "joe", at(0), &lockout).await, Ok(None));
    assert_eq!(store.delete_properties(&other(), "joe", &["conn_group".to_owned()]).await, Ok(0));
    assert_eq!(store.delete_password(&other(), "joe").await, Ok(false));
    assert_eq!(store.delete_profile(&other(), "joe").await, Ok(false));
    assert_eq!(store.delete_session(&other(), "s").await, Ok(false));
    store.save(&other(), "joe", None, &properties(&[("conn_group", "guests")])).await.unwrap();
    store.set_chain(&other(), &[]).await.unwrap();
    store.record(&other(), &decision("d")).await.unwrap();

    assert_eq!((store.login_profiles(&tenant(), "joe").await, store.password(&tenant(), "joe").await), before);
    assert_eq!(store.chain(&tenant()).await, Ok(vec![link()]));
    assert_eq!(store.session(&tenant(), "s", at(0)).await, Ok(Some(session())));
    assert_eq!(store.last_decisions(&tenant(), 9, None).await, decided);
}
