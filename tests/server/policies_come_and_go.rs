//! A policy is uploaded, looked at, activated without a restart, and rolled back in one step.

use serde_json::{Value, json};

use crate::harness::{Served, policy_bytes};

const CHAIN: &str = "/v1/tenants/default/chain";

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_says_what_the_policy_may_do_and_changes_nothing_yet() {
    let served = Served::new().with_user("alice").await;
    let administrator = served.administrator();
    let uploaded = administrator.upload("default", policy_bytes("known-device")).await.is(201).json();
    assert_eq!((&uploaded["policy"], &uploaded["version"]), (&json!("known-device"), &json!(1)));
    let can = uploaded["report"]["can"].to_string();
    assert!(can.contains("reads its settings") && !can.contains("directory"), "{can}");
    assert!(uploaded.get("difference").is_none(), "{uploaded}");
    let denied = administrator.authenticate("alice", json!({ "vpn_auth": false })).await.is(200).json();
    assert_eq!((&denied["decision"], &denied["cause"]), (&json!("deny"), &json!("no-active-policy")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_activated_decides_on_the_next_login_and_what_was_before_comes_back() {
    let served = Served::new().with_user("alice").await.guarded_by("known-device").await;
    let administrator = served.administrator();
    let web = json!({ "vpn_auth": false });
    assert_eq!(administrator.authenticate("alice", web.clone()).await.decision(), "allow");

    administrator.activate("default", json!([])).await.is(200);
    assert_eq!(administrator.authenticate("alice", web.clone()).await.json()["cause"], "no-active-policy");

    let rolled_back = administrator.post(&format!("{CHAIN}/rollback"), json!({ "expected": 2 })).await.is(200).json();
    assert_eq!(rolled_back, json!({ "revision": 3 }));
    assert_eq!(administrator.authenticate("alice", web).await.decision(), "allow");
    let revisions = administrator.get(&format!("{CHAIN}/revisions")).await.is(200).json();
    let numbers: Vec<_> =
        revisions["revisions"].as_array().unwrap().iter().map(|revision| &revision["revision"]).collect();
    assert_eq!(numbers, [3, 2, 1]);
    assert_eq!(revisions["revisions"][0]["note"], "rolled back to revision 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_component_is_the_same_version_and_another_one_is_told_by_its_difference() {
    let served = Served::new().guarded_by("known-device").await;
    let administrator = served.administrator();
    let again = administrator.upload("default", policy_bytes("known-device")).await.is(200).json();
    assert_eq!((&again["version"], &again["new"]), (&json!(1), &json!(false)));

    let path = "/v1/tenants/default/versions?name=known-device";
    let other = policy_bytes("group-map");
    let uploaded = administrator.ask("POST", path, "application/wasm", other.into(), &[]).await.is(201).json();
    assert_eq!((&uploaded["version"], &uploaded["difference"]["active"]), (&json!(2), &json!(1)));
    let added = uploaded["difference"]["added"].to_string();
    assert!(added.contains("asks: to choose the group"), "{added}");
    let report = administrator.get("/v1/tenants/default/policies/known-device/versions/2/report").await.is(200).json();
    assert_eq!(report["difference"], uploaded["difference"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_in_use_stays() {
    let served = Served::new().guarded_by("known-device").await;
    let administrator = served.administrator();
    let (version, policy) =
        ("/v1/tenants/default/policies/known-device/versions/1", "/v1/tenants/default/policies/known-device");
    administrator.delete(version).await.refused(409, "in-use");
    administrator.delete(policy).await.refused(409, "in-use");
    administrator.activate("default", json!([])).await.is(200);
    administrator.delete(version).await.is(204);
    administrator.delete(version).await.refused(404, "not-found");
    administrator.delete(policy).await.is(204);
    administrator.get(policy).await.refused(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_somebody_else_has_replaced_is_left_alone() {
    let served = Served::new().guarded_by("known-device").await;
    let administrator = served.administrator();
    administrator.put(CHAIN, json!({ "expected": 0, "chain": [] })).await.refused(409, "conflict");
    administrator.put(CHAIN, json!({ "expected": 1, "chain": [] })).await.is(200);
    administrator.put(CHAIN, json!({ "expected": 1, "chain": [] })).await.refused(409, "conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_grants_and_secrets_reach_the_policy() {
    let served = Served::new().with_user("alice").await;
    let administrator = served.administrator();
    administrator.upload("default", policy_bytes("known-device")).await.is(201);
    let policy = "/v1/tenants/default/policies/known-device";
    administrator.put(policy, json!({ "settings": { "no_such": "1" } })).await.refused(422, "invalid-settings");
    administrator.put(policy, json!({ "settings": { "without_address": "allow" } })).await.is(200);
    administrator.activate("default", json!([{ "policy": "known-device" }])).await.is(200);
    assert_eq!(administrator.authenticate("alice", json!({ "vpn_auth": true })).await.decision(), "allow");

    administrator.put(&format!("{policy}/secrets/api_key"), json!({ "value": "hunter2" })).await.is(204);
    let secrets = administrator.get(&format!("{policy}/secrets")).await.is(200);
    assert_eq!(secrets.json()["secrets"][0]["name"], "api_key");
    let everything = [
        secrets,
        administrator.get(policy).await,
        administrator.get(CHAIN).await,
        administrator.get("/v1/tenants/default/audit").await,
    ];
    assert!(everything.iter().all(|reply| !String::from_utf8_lossy(&reply.body).contains("hunter2")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_policy_is_refused_with_a_reason() {
    let served = Served::new();
    let administrator = served.administrator();
    let refused = administrator.upload("default", "no component".as_bytes()).await.refused(422, "bad-policy");
    assert!(refused.json()["hint"].as_str().is_some_and(|hint| !hint.is_empty()));
    let bomb = crate::harness::probe_bytes("bombs-the-compiler");
    let refused = administrator.upload("default", bomb).await.refused(422, "bad-policy").json();
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("compiling took more than")), "{refused}");
    let policies = administrator.get("/v1/tenants/default/policies").await.is(200).json();
    assert_eq!(policies["policies"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_in_the_audit_log() {
    let served = Served::new().guarded_by("known-device").await;
    let manager = served.caller("default", &["manage"]).await;
    manager.patch("/v1/tenants/default/users/alice", json!({ "set": { "prop_lzo": "true" } })).await.is(200);
    let audit: Value = manager.get("/v1/tenants/default/audit").await.is(200).json();
    let changes: Vec<_> =
        audit["changes"].as_array().unwrap().iter().map(|change| change["action"].as_str().unwrap()).collect();
    assert_eq!(changes, ["profile.put", "token.put", "revision.activate", "policy.version.add", "tenant.create"]);
    assert_eq!(
        (&audit["changes"][0]["actor"], &audit["changes"][0]["origin"]),
        (&json!("manage"), &json!("127.0.0.1"))
    );
    assert!(audit["changes"][2]["origin"].as_str().unwrap().starts_with("this machine"));
}
