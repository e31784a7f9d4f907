//! What an earlier version of this program has written is there for this one.

use serde_json::json;
use vestibule_domain::TenantName;
use vestibule_store::{Deleted, RevisionRow};

use crate::harness::{Home, Reads as _, Registers as _, by, on_every_store, properties, tenant};

on_every_store!(
    a_chain_of_the_first_version_is_a_revision,
    a_large_component_of_the_first_version_is_whole_in_pieces,
    an_empty_database_of_the_first_version_is_empty,
    settings_have_the_names_of_today
);

const ROWS: &str = r#"
    insert into component values ('d1', cast('one' as BYTES)), ('d2', cast('three' as BYTES)), ('d0', cast('plain' as BYTES));
    insert into chain values ('acme', 7), ('empty', 2), ('plain', 3);
    insert into chain_link values
        ('acme', 1, 'first', 'd2', '{}', '{"b": 1, "a": 2}'),
        ('acme', 0, 'zeroth', 'd1', '{"text": "\u0000 ä", "list": [1.50]}', '{}'),
        ('acme', 2, 'second', 'd1', '{}', '{}'),
        ('plain', 0, 'p', 'd0', '{"properties": "x"}', '{"user_name": true, "properties": ["prop_deny"]}');
    insert into profile (tenant, name, properties) values ('acme', 'joe', '{"a":"1"}'), ('users', 'joe', '{}');
    insert into decision values ('decisions', 'd', 0, 'joe', 'allowed', null, '{}');
"#;
const LINKS: &str = r#"[
    {"policy": "zeroth", "version": 1, "settings": {"text": "\u0000 ä", "list": [1.50]}, "grants": {}},
    {"policy": "first", "version": 1, "settings": {}, "grants": {"b": 1, "a": 2}},
    {"policy": "second", "version": 1, "settings": {}, "grants": {}}
]"#;

/// The same for both kinds of database.
const SETTINGS: &str = include_str!("../../host/store/migrations/sqlite/0010_settings.sql");

/// What was open to every policy.
const ORDINARY: [&str; 3] = ["conn_*", "prop_*", "pvt_*"];

async fn a_chain_of_the_first_version_is_a_revision(home: Home) {
    let on_postgres = home.argument().contains("://");
    let rows = ROWS.replace("BYTES", if on_postgres { "bytea" } else { "blob" });
    let home = home.of_the_first_version(&rows).await;
    let store = &home.store;
    let names: Vec<_> = store.tenants(None, 9).await.unwrap().into_iter().map(|row| row.name.to_string()).collect();
    assert_eq!(names, ["acme", "decisions", "empty", "plain", "users"]);

    let active = store.active_revision(&tenant()).await.unwrap().unwrap();
    assert_eq!((active.number, &*active.actor, &*active.note), (7, "migration", ""));
    let [links, expected] =
        [&*active.links, LINKS].map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap());
    assert_eq!(links, expected);
    for (policy, digest, bytes, grants) in
        [("first", "d2", 5, r#"{"b": 1, "a": 2}"#), ("second", "d1", 3, "{}"), ("zeroth", "d1", 3, "{}")]
    {
        let row = store.policy(&tenant(), policy).await.unwrap().unwrap();
        let [mut grants, granted] =
            [grants, &*row.grants].map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap());
        grants["properties"] = ORDINARY.into();
        assert_eq!((granted, row.latest), (grants, Some(1)));
        let version = store.version(&tenant(), policy, 1).await.unwrap().unwrap();
        assert_eq!((&*version.digest, &*version.manifest, version.bytes), (digest, "{}", bytes));
        assert_eq!(version.source, version.digest);
        assert_eq!(store.delete_version(&tenant(), policy, 1, &by()).await, Ok(Deleted::InUse));
    }
    assert_eq!(store.whole_component("d2").await, Ok(Some(b"three".to_vec())));
    assert_eq!(store.profile(&tenant(), "joe").await, Ok(Some(properties(&[("a", "1")]))));

    // A chain from before there was anything to grant sees what it saw.
    let plain = store.active_revision(&TenantName::new("plain").unwrap()).await.unwrap().unwrap();
    let links: serde_json::Value = serde_json::from_str(&plain.links).unwrap();
    let granted = json!({ "user_name": true, "properties": ["prop_deny", "conn_*", "prop_*", "pvt_*"] });
    assert_eq!((&links[0]["settings"], &links[0]["grants"]), (&json!({ "properties": "x" }), &granted));

    let empty = TenantName::new("empty").unwrap();
    let Some(RevisionRow { number: 2, links, .. }) = store.active_revision(&empty).await.unwrap() else {
        panic!("not the second one")
    };
    assert_eq!(links, "[]");
    assert_eq!(store.active_revision(&TenantName::new("users").unwrap()).await, Ok(None));

    // From here it goes on.
    assert_eq!(store.adds(&tenant(), "first", "d3").await, 2);
    assert_eq!(store.activates(&tenant(), &[("first", 2)]).await, 8);
    assert_eq!(store.delete_policy(&tenant(), "zeroth", &by()).await, Ok(Deleted::Done));
    assert_eq!(store.whole_component("d1").await, Ok(Some(b"one".to_vec())));
    assert_eq!(store.delete_tenant(&tenant(), &by()).await, Ok(true));
    assert_eq!(store.whole_component("d1").await, Ok(None));
}

async fn a_large_component_of_the_first_version_is_whole_in_pieces(home: Home) {
    // Seventeen bytes again and again: no piece begins as another one does.
    let text = "0123456789abcdefg".repeat(70_589);
    let on_postgres = home.argument().contains("://");
    let bytes = if on_postgres { format!("cast('{text}' as bytea)") } else { format!("cast('{text}' as blob)") };
    let home = home.of_the_first_version(&format!("insert into component values ('large', {bytes})")).await;
    assert_eq!(home.count("select count(*) from component_piece").await, 3);
    assert_eq!(home.count("select cast(max(length(bytes)) as bigint) from component_piece").await, 512 << 10);
    assert!(home.store.whole_component("large").await == Ok(Some(text.into_bytes())));
}

async fn an_empty_database_of_the_first_version_is_empty(home: Home) {
    let home = home.of_the_first_version("").await;
    assert_eq!(home.store.tenants(None, 9).await, Ok(Vec::new()));
    assert_eq!(home.store.active_revision(&tenant()).await, Ok(None));
    home.store.creates(&tenant()).await;
    assert_eq!(home.store.activates(&tenant(), &[]).await, 1);
}

async fn settings_have_the_names_of_today(home: Home) {
    home.execute(
        r#"insert into tenant values ('acme', '{"failure_ms":0,"ldap":{"fuzzy":false,"note":"\"fuzzy\":true"}}', '{}', 0)"#,
    )
    .await;
    home.execute(SETTINGS).await;
    let settings = home.store.tenants(None, 9).await.unwrap().remove(0).settings;
    assert_eq!(settings, r#"{"min_failure_delay_ms":0,"ldap":{"match_rule":"exact","note":"\"fuzzy\":true"}}"#);
}
