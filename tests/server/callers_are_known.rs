//! Who asks is known before anything else: by a token with scopes and an end, or by the kernel's word on this machine.

use serde_json::json;

use crate::harness::{Served, exchange};

const USERS: &str = "/v1/tenants/default/users";

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_let_near_anything_without_a_token() {
    let served = Served::new();
    for token in ["", "x", "vst_0123456789abcdef_x", "vst_"] {
        served.with_token(token).get(USERS).await.refused(401, "unauthorized");
    }
    served.with_token("x").get("/healthz").await.is(200);
    served.with_token("x").get("/readyz").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_allows_what_its_scopes_say() {
    let served = Served::new().with_user("alice").await.guarded_by("known-device").await;
    let (decide, read, manage) = (
        served.caller("default", &["decide"]).await,
        served.caller("default", &["read"]).await,
        served.caller("default", &["manage"]).await,
    );
    let login = || json!({ "vpn_auth": false });
    assert_eq!(decide.authenticate("alice", login()).await.decision(), "allow");
    decide.get(USERS).await.refused(403, "forbidden");
    read.get(USERS).await.is(200);
    read.patch(&format!("{USERS}/ann"), json!({ "set": { "a": "b" } })).await.refused(403, "forbidden");
    read.authenticate("alice", login()).await.refused(403, "forbidden");
    manage.patch(&format!("{USERS}/ann"), json!({ "set": { "a": "b" } })).await.is(200);
    manage.get(USERS).await.is(200);
    manage.authenticate("alice", login()).await.refused(403, "forbidden");
    manage.get("/v1/tenants").await.refused(403, "forbidden");
    manage.put("/v1/tenants/default", json!({ "terms": {} })).await.refused(403, "forbidden");
    let ldap = json!({ "ldap": { "servers": ["ldap://127.0.0.1"], "search_base": "dc=x", "ca_file": "/dev/zero" } });
    manage.put("/v1/tenants/default", json!({ "settings": ldap })).await.refused(403, "not-allowed-by-terms");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_a_token_what_their_own_does_not_have() {
    let served = Served::new();
    let (manage, both) =
        (served.caller("default", &["manage"]).await, served.caller("default", &["decide", "manage"]).await);
    let door = "/v1/tenants/default/tokens/door";
    for scopes in [json!(["decide"]), json!(["manage", "decide"])] {
        let refused = manage.put(door, json!({ "scopes": scopes })).await.refused(403, "forbidden").json();
        assert!(refused["detail"].as_str().unwrap().contains("the scope `decide`, and so cannot give it"), "{refused}");
        both.put(door, json!({ "scopes": scopes })).await.is(200);
    }
    manage.put(door, json!({ "scopes": ["read", "manage"] })).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_when_it_is_told_to() {
    let served = Served::new();
    let administrator = served.administrator();
    let path = "/v1/tenants/default/tokens/ann";
    let made = administrator.put(path, json!({ "scopes": ["read"] })).await.is(200).json();
    let first = served.with_token(made["token"].as_str().unwrap());
    first.get(USERS).await.is(200);
    let made = administrator.put(path, json!({ "scopes": ["read"] })).await.is(200).json();
    let second = served.with_token(made["token"].as_str().unwrap());
    first.get(USERS).await.refused(401, "unauthorized");
    second.get(USERS).await.is(200);
    let listed = administrator.get("/v1/tenants/default/tokens").await.is(200);
    assert_eq!(listed.json()["tokens"][0]["name"], "ann");
    assert!(!String::from_utf8_lossy(&listed.body).contains("vst_"));
    administrator.delete(path).await.is(204);
    second.get(USERS).await.refused(401, "unauthorized");
    administrator.delete(path).await.refused(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_counts_even_where_its_bearer_could_do_without() {
    let served = Served::new();
    let path = "/v1/tenants/default/tokens/ann";
    let made = served.administrator().put(path, json!({ "scopes": ["read"] })).await.is(200).json();
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str())];
    let asked = served.administrator().ask("GET", "/v1/tenants", "", Default::default(), &headers).await;
    asked.refused(403, "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_network_there_is_no_administrator() {
    let served = Served::new();
    let stream = tokio::net::TcpStream::connect(served.address()).await.unwrap();
    let request = hyper::Request::get("/v1/tenants").header("host", "localhost").body(Default::default()).unwrap();
    let response = exchange(stream, request).await;
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
}
