//! Whoever may not do what is asked is told so before any of the body is taken in: a refusal costs the host no more than its head.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::Served;

/// What an upload may have at most, in bytes.
const MUCH: usize = 64 << 20;

/// Announces a body that never comes. Returns the status that is answered.
async fn announces(served: &Served, token: &str, method: &str, path: &str, kind: &str) -> String {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: {kind}\r\n\
         content-length: {MUCH}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(served.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

async fn token(served: &Served, tenant: &str, scope: &str) -> String {
    let path = format!("/v1/tenants/{tenant}/tokens/{scope}");
    let made = served.administrator().put(&path, json!({ "scopes": [scope] })).await.is(200).json();
    made["token"].as_str().unwrap().to_owned()
}

/// Every operation that takes a body, with what it takes.
async fn operations(served: &Served) -> Vec<(String, String, String)> {
    let document = served.administrator().get("/v1/openapi.json").await.is(200).json();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let kinds = operation.pointer("/requestBody/content").and_then(|content| content.as_object());
            let Some(kind) = kinds.and_then(|kinds| kinds.keys().next()) else { continue };
            let path = path.replace("{tenant}", "default").replace(['{', '}'], "");
            all.push((method.to_uppercase(), path, kind.clone()));
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_the_scope_or_of_another_tenant_is_refused_at_once() {
    let served = Served::new().with_tenant("other").await;
    let reader = token(&served, "default", "read").await;
    let other = token(&served, "other", "manage").await;
    let operations = operations(&served).await;
    assert!(operations.len() >= 14, "{operations:?}");
    for (method, path, kind) in operations {
        let refused = announces(&served, &reader, &method, &path, &kind).await;
        assert_eq!(refused, "HTTP/1.1 403", "{method} {path}");
        let refused = announces(&served, &other, &method, &path, &kind).await;
        // What is the host's is not hidden from a tenant.
        let status = if path.starts_with("/v1/tenants/") { "HTTP/1.1 404" } else { "HTTP/1.1 403" };
        assert_eq!(refused, status, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_beyond_the_rate_are_refused_at_once() {
    let served = Served::new();
    let terms = json!({ "terms": { "requests_per_second": 1 } });
    served.administrator().put("/v1/tenants/default", terms).await.is(200);
    let manager = token(&served, "default", "manage").await;
    while served.with_token(&manager).get("/v1/tenants/default/tokens").await.status == 200 {}
    let refused = announces(&served, &manager, "POST", "/v1/tenants/default/versions", "application/wasm").await;
    assert_eq!(refused, "HTTP/1.1 429");
}
