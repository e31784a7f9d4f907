//! Whatever is wrong with a request, the answer is a problem document that says what.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::harness::Served;

const AUTHENTICATE: &str = "/v1/tenants/default/authenticate";
const CHAIN: &str = "/v1/tenants/default/chain";

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_as_it_should_be_is_told_where() {
    let served = Served::new();
    let administrator = served.administrator();
    let said = async |body: &str| {
        let reply = administrator.ask("PUT", CHAIN, "application/json", body.to_owned().into(), &[]).await;
        (reply.status, reply.json()["detail"].as_str().unwrap_or_default().to_owned())
    };
    let (status, detail) = said("{").await;
    assert!(status == 400 && detail.contains("line 1"), "{detail}");
    let (status, detail) = said(r#"{"expected": "1", "chain": []}"#).await;
    assert!(status == 422 && detail.contains("`expected`: found a text, expected"), "{detail}");
    let (status, detail) = said(r#"{"chain": []}"#).await;
    assert!(status == 422 && detail.contains("missing field `expected`"), "{detail}");
    let (status, detail) = said(r#"{"expected": 0, "chain": [], "chian": 1}"#).await;
    assert!(status == 422 && detail.contains("unknown field `chian`"), "{detail}");
    assert_eq!(said("[]").await.0, 422);
    let (status, detail) = said(r#"{"expected": 0, "chain": [{"policy": "none"}]}"#).await;
    assert!(status == 404 && detail.contains("there is no policy `none`"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_content_and_too_much_of_it_are_refused() {
    let served = Served::new();
    let administrator = served.administrator();
    administrator.ask("PUT", CHAIN, "text/plain", "{}".into(), &[]).await.refused(415, "not-json");
    let uploads = "/v1/tenants/default/versions";
    administrator.ask("POST", uploads, "application/json", "{}".into(), &[]).await.refused(415, "not-wasm");
    announcing(&served, AUTHENTICATE, "application/json", 3 << 20).await;
    announcing(&served, uploads, "application/wasm", (64 << 20) + 1).await;
}

/// Announces a body that is too large, and hears so before any of it is sent. Whoever sends on may find the connection closed first.
async fn announcing(served: &Served, path: &str, kind: &str, bytes: usize) {
    let mut stream = UnixStream::connect(served.socket()).await.unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {kind}\r\ncontent-length: {bytes}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    assert!(said.starts_with("HTTP/1.1 413 ") && said.contains("\"code\":\"too-large\""), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found() {
    let served = Served::new();
    let administrator = served.administrator();
    for path in [
        "/",
        "/v2/tenants",
        "/v1/tenants/none",
        "/v1/tenants/No",
        "/v1/tenants/none/users",
        "/v1/tenants/default/users/none",
        "/v1/tenants/default/policies/none",
        "/v1/tenants/default/policies/none/versions/1",
        "/v1/tenants/default/policies/none/versions/x",
        "/v1/tenants/default/decisions/none",
        "/v1/tenants/default/chain/trials/none",
        "/v1/tenants/default/users/a%00b",
    ] {
        administrator.get(path).await.refused(404, "not-found");
    }
    for list in
        ["chain/revisions", "chain/trials/none", "decisions", "decisions/none", "decisions/stream", "audit", "tokens"]
    {
        let problem = administrator.get(&format!("/v1/tenants/none/{list}")).await.refused(404, "not-found").json();
        assert_eq!(problem["detail"], "there is no tenant `none`", "{list}");
    }
    administrator.get("/v1/tenants/default/decisions?count=x").await.refused(400, "malformed");
    administrator.get("/v1/tenants/default/users?prefix=a%00b").await.refused(400, "malformed");
    for list in [
        "tenants",
        "audit",
        "tenants/default/users",
        "tenants/default/groups",
        "tenants/default/audit",
        "tenants/default/decisions",
        "tenants/default/chain/revisions",
    ] {
        administrator.get(&format!("/v1/{list}?count=0")).await.refused(422, "invalid");
        administrator.get(&format!("/v1/{list}?count=1001")).await.refused(422, "invalid");
        administrator.get(&format!("/v1/{list}?count=1000")).await.is(200);
    }
    administrator.get("/v1/tenants/default/decisions?since=yesterday").await.refused(422, "invalid");
    administrator.delete(CHAIN).await.refused(405, "method-not-allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_says_too_little_or_too_much_is_none() {
    let served = Served::new();
    let administrator = served.administrator();
    for body in [
        json!({ "username": "alice" }),
        json!({ "username": "alice", "password": "x", "crstate": { "state_id": "a", "response": "b" } }),
        json!({ "username": "", "password": "x" }),
        json!({ "username": "alice", "crstate": { "state_id": ":", "response": "b" } }),
    ] {
        administrator.post(AUTHENTICATE, body).await.is(422);
    }
    let failed = json!({
        "authcred": { "username": "alice" }, "attributes": { "vpn_auth": true }, "info": { "auth_method": "local" },
        "authret": { "user": "alice", "status": "fail" }
    });
    administrator.post("/v1/tenants/default/post-auth", failed).await.refused(422, "invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_the_wrong_place_is_not_quoted() {
    let served = Served::new();
    let body = json!({ "username": { "hunter2": 1 }, "password": "hunter2" });
    let reply = served.administrator().post(AUTHENTICATE, body).await.is(422);
    assert!(!String::from_utf8_lossy(&reply.body).contains("hunter2"));
}
