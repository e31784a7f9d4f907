//! Another tenant's token opens nothing: every operation of the API is tried.

use serde_json::{Value, json};

use crate::harness::{Served, policy_bytes};

/// A path of the API's document with names that are there, of the tenant `acme`.
fn filled(path: &str) -> String {
    let names = [
        ("{tenant}", "acme"),
        ("{policy}", "known-device"),
        ("{version}", "1"),
        ("{user}", "ann"),
        ("{group}", "staff"),
    ];
    let path = names.iter().fold(path.to_owned(), |path, (place, name)| path.replace(place, name));
    path.replace("{name}", "key").replace("{id}", "1").replace("{continuation}", "1")
}

/// A body that the operation would take.
fn body(operation: &str) -> Value {
    match operation {
        "put /v1/tenants/{tenant}" => json!({ "settings": {} }),
        "put /v1/tenants/{tenant}/chain" => json!({ "expected": 1, "chain": [] }),
        "post /v1/tenants/{tenant}/chain/rollback" => json!({ "expected": 1 }),
        "put /v1/tenants/{tenant}/users/{user}/password" => json!({ "password": "correct horse" }),
        "put /v1/tenants/{tenant}/policies/{policy}/secrets/{name}" => json!({ "value": "x" }),
        "put /v1/tenants/{tenant}/tokens/{name}" => json!({ "scopes": ["read"] }),
        "post /v1/tenants/{tenant}/authenticate" => json!({ "username": "ann", "password": "correct horse" }),
        "post /v1/tenants/{tenant}/post-auth" => json!({
            "authcred": { "username": "ann" }, "attributes": { "vpn_auth": false }, "info": { "auth_method": "local" }
        }),
        "post /v1/tenants/{tenant}/post-auth/{continuation}" => json!({ "entries": [] }),
        _ => json!({}),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_as_if_the_other_tenant_were_not_there() {
    let served = Served::new().with_tenant("acme").await.with_tenant("evil").await;
    let administrator = served.administrator();
    served.activate("acme", "known-device", json!({})).await;
    let users = "/v1/tenants/acme/users";
    administrator.patch(&format!("{users}/ann"), json!({ "set": { "prop_lzo": "true" } })).await.is(200);
    administrator.put(&format!("{users}/ann/password"), json!({ "password": "correct horse" })).await.is(204);
    administrator.patch("/v1/tenants/acme/groups/staff", json!({})).await.is(200);
    administrator.put("/v1/tenants/acme/policies/known-device/secrets/key", json!({ "value": "x" })).await.is(204);
    let before = everything(&served).await;

    let evil = served.caller("evil", &["decide", "read", "manage"]).await;
    let document = evil.get("/v1/openapi.json").await.is(200).json();
    let mut tried = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys().filter(|_| path.contains("{tenant}")) {
            let operation = format!("{method} {path}");
            let reply = match operation.ends_with("/versions") && method == "post" {
                true => evil.upload("acme", policy_bytes("group-map")).await,
                false if matches!(method.as_str(), "get" | "delete") => {
                    evil.ask(&method.to_uppercase(), &filled(path), "", Default::default(), &[]).await
                }
                false => evil.send(&method.to_uppercase(), &filled(path), body(&operation)).await,
            };
            let problem = reply.refused(404, "not-found").json();
            assert_eq!(problem["detail"], "there is no tenant `acme`", "{operation}");
            tried += 1;
        }
    }
    assert!(tried > 35, "only {tried} operations were tried");
    assert_eq!(everything(&served).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_the_hosts_is_its_operators() {
    let served = Served::new().with_tenant("evil").await;
    served.administrator().put("/v1/tokens/key", json!({ "scopes": ["read"] })).await.is(200);
    let evil = served.caller("evil", &["decide", "read", "manage"]).await;
    let document = evil.get("/v1/openapi.json").await.is(200).json();
    let mut tried = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys().filter(|_| !path.contains("{tenant}")) {
            if operations[method]["security"] == json!([{}]) {
                continue;
            }
            let reply = match method.as_str() {
                "get" | "delete" => evil.ask(&method.to_uppercase(), &filled(path), "", Default::default(), &[]).await,
                _ => evil.send(&method.to_uppercase(), &filled(path), json!({ "scopes": ["read"] })).await,
            };
            reply.refused(403, "forbidden");
            tried.push(format!("{method} {path}"));
        }
    }
    tried.sort_unstable();
    let all =
        ["delete /v1/tokens/{name}", "get /v1/audit", "get /v1/tenants", "get /v1/tokens", "put /v1/tokens/{name}"];
    assert_eq!(tried, all);
    let tokens = served.administrator().get("/v1/tokens").await.is(200).json();
    assert_eq!(tokens["tokens"].as_array().unwrap().len(), 1);
}

/// What can be known of the tenant `acme`.
async fn everything(served: &Served) -> Vec<Value> {
    let mut all = Vec::new();
    for path in ["", "/chain", "/policies", "/users", "/groups", "/tokens", "/decisions", "/audit"] {
        all.push(served.administrator().get(&format!("/v1/tenants/acme{path}")).await.is(200).json());
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_removed_leaves_nothing_behind() {
    let served = Served::new().with_tenant("acme").await;
    served.activate("acme", "known-device", json!({})).await;
    let caller = served.caller("acme", &["read"]).await;
    let administrator = served.administrator();
    administrator.delete("/v1/tenants/acme").await.is(204);
    administrator.get("/v1/tenants/acme").await.refused(404, "not-found");
    caller.get("/v1/tenants/acme/chain").await.refused(401, "unauthorized");
    let again = served.with_tenant("acme").await;
    let chain = again.administrator().get("/v1/tenants/acme/chain").await.is(200).json();
    assert_eq!(chain["revision"], 0);
}
