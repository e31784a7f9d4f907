//! A tenant's own tokens ask so often and no more, whatever they ask; its logins have a rate of their own, and the operator has none.

use serde_json::json;

use crate::harness::{Served, file, vestibule_with};

const USERS: &str = "/v1/tenants/default/users";

async fn slow(requests_per_second: u32) -> Served {
    let served = Served::new().guarded_by("known-device").await.with_tenant("other").await;
    let terms = json!({ "terms": { "requests_per_second": requests_per_second } });
    served.administrator().put("/v1/tenants/default", terms).await.is(200);
    served
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_the_rate_are_told_when_to_come_back() {
    let served = slow(1).await;
    let (reader, manager) = (served.caller("default", &["read"]).await, served.caller("default", &["manage"]).await);
    reader.get(USERS).await.is(200);
    manager.patch(&format!("{USERS}/ann"), json!({ "set": { "prop_lzo": "true" } })).await.is(200);
    let refused = loop {
        // Both tokens draw on what is the tenant's, which fills up by one a second.
        let reply = reader.get(&format!("{USERS}/ann")).await;
        if reply.status != 200 {
            break reply.refused(429, "too-many-requests");
        }
    };
    assert_eq!(refused.headers["retry-after"], "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_other_tenants_and_the_operator_are_not_held_up() {
    let served = slow(1).await;
    let reader = served.caller("default", &["read"]).await;
    while reader.get(USERS).await.status == 200 {}
    let front_door = served.caller("default", &["decide"]).await;
    for _ in 0..10 {
        front_door.post_auth("default", "ann", None).await.is(200);
        served.administrator().get(USERS).await.is(200);
    }
    let token = served.administrator().put("/v1/tokens/robot", json!({ "scopes": ["read"] })).await.is(200).json();
    let operator = served.with_token(token["token"].as_str().unwrap());
    let other = served.caller("other", &["read"]).await;
    for _ in 0..10 {
        operator.get(USERS).await.is(200);
        other.get("/v1/tenants/other/users").await.is(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_may_not_do_uses_up_nothing() {
    let served = slow(1).await;
    let front_door = served.caller("default", &["decide"]).await;
    for _ in 0..10 {
        front_door.get(USERS).await.refused(403, "forbidden");
    }
    served.caller("default", &["read"]).await.get(USERS).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_waits_until_it_may_go_on() {
    let served = slow(10).await;
    let home = tempfile::tempdir().unwrap();
    let made = served.administrator().put("/v1/tenants/default/tokens/robot", json!({ "scopes": ["manage"] })).await;
    let token = file(&home, "token", made.is(200).json()["token"].as_str().unwrap());
    let records: serde_json::Map<_, _> =
        (0..40).map(|number| (format!("user-{number}"), json!({ "prop_lzo": "true" }))).collect();
    let records = file(&home, "users.json", &json!(records).to_string());
    let server = format!("http://{}", served.address());
    let environment = [("VESTIBULE_SERVER", server.as_ref()), ("VESTIBULE_TOKEN_FILE", token.as_ref())];
    vestibule_with("", &environment, &["user", "prop", "put", "--file", &records]).exits_with(0);
    let users = served.administrator().get(USERS).await.is(200).json();
    assert_eq!(users["profiles"].as_object().unwrap().len(), 40);
}
