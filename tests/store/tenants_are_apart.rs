//! What one tenant keeps, no other one sees, changes or deletes.

use std::time::Duration;

use vestibule_domain::{Secret, TenantName, profile};
use vestibule_store::{DecisionFilter, Deleted, Lockout, LoginProfiles, Session, TokenRow};

use crate::harness::{
    Edits as _, Home, Leaves as _, Lists as _, Reads as _, Registers as _, at, by, decision, on_every_store,
    properties, tenant,
};

on_every_store!(another_tenant_sees_nothing, another_tenant_changes_nothing);

fn other() -> TenantName {
    TenantName::new("acme-2").unwrap()
}

async fn filled(home: &Home) {
    let (store, acme) = (&home.store, tenant());
    store.put_properties(&acme, profile::DEFAULT, &properties(&[("a", "1")]), None).await.unwrap();
    store.put_properties(&acme, "joe", &properties(&[("conn_group", "staff")]), None).await.unwrap();
    store.put_properties(&acme, "staff", &properties(&[("type", "group")]), None).await.unwrap();
    store.set_password(&acme, "joe", "hash", u32::MAX, None).await.unwrap();
    store.creates(&acme).await;
    store.adds(&acme, "p", "d").await;
    store.put_secret(&acme, "p", "key", &Secret::new("hunter2"), u32::MAX, &by()).await.unwrap();
    store.activates(&acme, &[("p", 1)]).await;
    store.put_token(&token(), None, &by()).await.unwrap();
    store.keep(&acme, &session()).await.unwrap();
    store.record(&acme, &decision("d")).await.unwrap();
}

fn token() -> TokenRow {
    let [id, name, hash, scopes] = ["t", "robot", "hash", "users"].map(str::to_owned);
    TokenRow { id, tenant: Some(tenant()), name, hash, scopes, created: at(0), expires: None }
}

fn session() -> Session {
    Session { id: "s".to_owned(), user: "joe".to_owned(), state: b"x".to_vec(), expires: at(60) }
}

/// Everything that administrators of the tenant see of what they did.
async fn registered(home: &Home) -> impl PartialEq + std::fmt::Debug + use<> {
    let (store, acme) = (&home.store, tenant());
    (
        (store.policies(&acme).await, store.versions(&acme, "p").await, store.secrets(&acme, "p").await),
        (store.active_revision(&acme).await, store.revisions(&acme, 9, None).await),
        (store.tokens(Some(&acme)).await, store.last_audits(Some(&acme), 99, None).await),
    )
}

async fn another_tenant_sees_nothing(home: Home) {
    filled(&home).await;
    let store = &home.store;
    assert_eq!(store.login_profiles(&other(), "joe").await, Ok(LoginProfiles::default()));
    assert!(store.all_profiles(&other(), "").await.unwrap().is_empty());
    assert!(store.groups(&other()).await.unwrap().is_empty());
    assert_eq!(store.password(&other(), "joe").await, Ok(None));
    assert_eq!(store.policies(&other()).await, Ok(Vec::new()));
    assert_eq!(store.policy(&other(), "p").await, Ok(None));
    assert_eq!(store.versions(&other(), "p").await, Ok(Vec::new()));
    assert_eq!(store.version(&other(), "p", 1).await, Ok(None));
    assert_eq!(store.stored_bytes(&other()).await, Ok(0));
    assert_eq!(store.secrets(&other(), "p").await, Ok(Vec::new()));
    assert_eq!(store.secret_names(&other(), "p").await, Ok(Vec::new()));
    assert_eq!(store.active_revision(&other()).await, Ok(None));
    assert_eq!(store.revision(&other(), 1).await, Ok(None));
    assert_eq!(store.revisions(&other(), 9, None).await, Ok(Vec::new()));
    assert_eq!(store.tokens(Some(&other())).await, Ok(Vec::new()));
    assert_eq!(store.tokens(None).await, Ok(Vec::new()));
    assert_eq!(store.last_audits(Some(&other()), 9, None).await, Ok(Vec::new()));
    assert_eq!(store.last_audits(None, 9, None).await, Ok(Vec::new()));
    assert_eq!(store.session(&other(), "s", at(0)).await, Ok(None));
    assert_eq!(store.decision(&other(), "d").await, Ok(None));
    assert_eq!(store.find_decisions(&other(), &DecisionFilter::default(), 9, None).await, Ok(Vec::new()));
    assert_eq!(store.find_decisions(&other(), &DecisionFilter::default(), 9, Some("d")).await, Ok(Vec::new()));
    assert_eq!(store.decisions_after(&other(), "", 9).await, Ok(Vec::new()));

    store.put_properties(&other(), "joe", &properties(&[("conn_group", "staff")]), None).await.unwrap();
    assert_eq!(store.login_profiles(&other(), "joe").await.unwrap().group, Some(("staff".to_owned(), None)));
}

async fn another_tenant_changes_nothing(home: Home) {
    filled(&home).await;
    let store = &home.store;
    let before = (store.login_profiles(&tenant(), "joe").await, store.password(&tenant(), "joe").await);

    let decided = store.find_decisions(&tenant(), &DecisionFilter::default(), 9, None).await;
    let registered = registered(&home).await;
    let lockout = Lockout { after: 1, lasts: Duration::from_secs(60) };
    assert_eq!(store.count_failure(&other(), "joe", at(0), &lockout).await, Ok(None));
    assert_eq!(store.delete_properties(&other(), "joe", &["conn_group".to_owned()], None).await, Ok(()));
    assert_eq!(store.delete_password(&other(), "joe", None).await, Ok(false));
    assert_eq!(store.delete_profile(&other(), "joe", None).await, Ok(false));
    assert_eq!(store.delete_session(&other(), "s").await, Ok(false));
    store.save(&other(), "joe", None, &properties(&[("conn_group", "guests")])).await.unwrap();
    store.creates(&other()).await;
    assert_eq!(store.set_policy(&other(), "p", Some("{}"), Some("{}"), &by()).await, Ok(false));
    assert_eq!(store.delete_version(&other(), "p", 1, &by()).await, Ok(Deleted::Unknown));
    assert_eq!(store.delete_policy(&other(), "p", &by()).await, Ok(Deleted::Unknown));
    assert_eq!(store.put_secret(&other(), "p", "key", &Secret::new("x"), u32::MAX, &by()).await, Ok(false));
    assert_eq!(store.delete_secret(&other(), "p", "key", &by()).await, Ok(false));
    assert_eq!(store.delete_token(Some(&other()), "robot", &by()).await, Ok(false));
    assert_eq!(store.delete_token(None, "robot", &by()).await, Ok(false));
    assert_eq!(store.adds(&other(), "p", "d").await, 1);
    store.activates(&other(), &[("p", 1)]).await;
    store.activates(&other(), &[]).await;
    store.record(&other(), &decision("d")).await.unwrap();

    assert_eq!((store.login_profiles(&tenant(), "joe").await, store.password(&tenant(), "joe").await), before);
    assert_eq!(self::registered(&home).await, registered);
    assert_eq!(store.session(&tenant(), "s", at(0)).await, Ok(Some(session())));
    assert_eq!(store.find_decisions(&tenant(), &DecisionFilter::default(), 9, None).await, decided);
}
