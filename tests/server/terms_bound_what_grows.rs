//! What a tenant's administrators can make grow has a bound in its terms, and a refusal says which; nobody is kept out for it.

use serde_json::{Value, json};

use crate::harness::{DEVICE, Reply, Served, probe_bytes};

async fn with_terms(terms: Value) -> Served {
    let served = Served::new().guarded_by("known-device").await;
    served.administrator().put("/v1/tenants/default", json!({ "terms": terms })).await.is(200);
    served
}

/// A problem of the terms that names this.
fn names(reply: Reply, what: &str) {
    let problem = reply.refused(403, "not-allowed-by-terms").json();
    assert_eq!(problem["detail"], format!("the tenant's terms allow {what}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn users_and_groups_are_bounded_for_administrators_and_not_for_logins() {
    let served = with_terms(json!({ "profiles": 2 })).await;
    let manager = served.caller("default", &["manage"]).await;
    let users = "/v1/tenants/default/users";
    let set = json!({ "set": { "prop_lzo": "true" } });
    manager.patch(&format!("{users}/ann"), set.clone()).await.is(200);
    manager.patch("/v1/tenants/default/groups/staff", json!({})).await.is(200);
    names(manager.patch(&format!("{users}/joe"), set.clone()).await, "2 users and groups");
    names(manager.patch("/v1/tenants/default/groups/guests", json!({})).await, "2 users and groups");
    let password = json!({ "password": "correct horse" });
    names(manager.put(&format!("{users}/joe/password"), password.clone()).await, "2 users and groups");
    manager.put(&format!("{users}/ann/password"), password).await.is(204);
    // The operator is bound by them as well, who could change them.
    names(served.administrator().patch(&format!("{users}/joe"), set).await, "2 users and groups");

    // Her device is registered at her first login, for which there has to be a record.
    let login = json!({
        "authcred": { "username": "eve", "client_hw_addr": DEVICE }, "attributes": { "vpn_auth": true },
        "info": { "auth_method": "local" }
    });
    let answer = served.administrator().post("/v1/tenants/default/post-auth", login).await.is(200);
    assert_eq!(answer.decision(), "allow");
    let saved = manager.get(&format!("{users}/eve")).await.is(200).json();
    assert!(saved["properties"].as_object().is_some_and(|saved| !saved.is_empty()), "{saved}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_secrets_are_bounded() {
    let served = with_terms(json!({ "tokens": 2, "secrets": 1 })).await;
    let manager = served.caller("default", &["manage"]).await;
    let put = async |name: &str| {
        manager.put(&format!("/v1/tenants/default/tokens/{name}"), json!({ "scopes": ["read"] })).await
    };
    put("second").await.is(200);
    names(put("third").await, "2 tokens");
    put("second").await.is(200);
    let put = async |name: &str| {
        let path = format!("/v1/tenants/default/policies/known-device/secrets/{name}");
        manager.put(&path, json!({ "value": "x" })).await
    };
    put("one").await.is(204);
    names(put("two").await, "1 secrets");
    put("one").await.is(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_logged_beyond_a_minutes_worth_is_dropped_and_counted() {
    let served = Served::new();
    let administrator = served.administrator();
    administrator.put("/v1/tenants/default", json!({ "terms": { "log_bytes_per_minute": 700 } })).await.is(200);
    let flooding = administrator.upload("default", probe_bytes("floods-the-log")).await.is(201).json();
    administrator.activate("default", json!([{ "policy": flooding["policy"] }])).await.is(200);
    let mut dropped = Vec::new();
    for _ in 0..2 {
        let answer = administrator.post_auth("default", "ann", None).await.is(200);
        assert_eq!(answer.decision(), "allow");
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        let decision = administrator.get(&format!("/v1/tenants/default/decisions/{id}")).await.is(200).json();
        let policy = &decision["record"]["policies"][0];
        let lines = policy["log"].as_array().unwrap().len() as u64;
        assert_eq!(lines + policy["dropped_log_lines"].as_u64().unwrap(), 1_000, "{policy}");
        dropped.push(policy["dropped_log_lines"].as_u64().unwrap());
    }
    // The first login of the minute has room for ten lines of six bytes and what each takes besides; a call alone would have for 64.
    assert!(dropped[0] == 990 && dropped[1] >= 990, "{dropped:?}");
}
