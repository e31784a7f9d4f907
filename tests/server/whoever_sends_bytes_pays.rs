//! What is sent is bounded and paid for by whoever sends it, from the head of a request to a list that nobody reads.

use std::net::Ipv4Addr;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream, UnixStream};

use crate::harness::{Caller, Reply, Served, exchange, policy_bytes};

/// Little memory: a tenant has 16 MiB of it for what it sends.
const LITTLE: &str = "[server]\nmemory_bytes = 536870912\nmetrics = \"127.0.0.1:0\"\n";

/// Begins a request whose body never comes whole.
async fn begins(served: &Served, token: &str, path: &str, kind: &str, announced: usize) -> TcpStream {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: {kind}\r\n\
         content-length: {announced}\r\n\r\n{{"
    );
    let mut stream = TcpStream::connect(served.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn token(served: &Served, tenant: &str, scope: &str) -> String {
    let path = format!("/v1/tenants/{tenant}/tokens/{scope}");
    let made = served.administrator().put(&path, json!({ "scopes": [scope] })).await.is(200).json();
    made["token"].as_str().unwrap().to_owned()
}

async fn metrics(served: &Served) -> String {
    let stream = TcpStream::connect(served.metrics.unwrap()).await.unwrap();
    let request = hyper::Request::get("/metrics").header("host", "localhost").body(Default::default()).unwrap();
    String::from_utf8(Reply::of(exchange(stream, request).await).await.is(200).body.to_vec()).unwrap()
}

/// Waits until this much of a resource is in use.
async fn uses(served: &Served, resource: &str, used: u64) {
    let line = format!("vestibule_resource_used{{resource=\"{resource}\"}} {used}");
    while !metrics(served).await.lines().any(|other| other == line) {
        tokio::task::yield_now().await;
    }
}

/// Waits until any of it is in use.
async fn is_in_use(served: &Served, resource: &str) {
    let unused = format!("vestibule_resource_used{{resource=\"{resource}\"}} 0");
    while metrics(served).await.lines().any(|line| line == unused) {
        tokio::task::yield_now().await;
    }
}

async fn decides(caller: &Caller<'_>, tenant: &str) -> Reply {
    caller.post_auth(tenant, "ann", None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_head_is_refused_in_words_and_an_endless_one_is_not_read() {
    let served = Served::new();
    let administrator = served.administrator();
    let head =
        async |bytes| administrator.ask("GET", "/healthz", "", Default::default(), &[("x", &"y".repeat(bytes))]).await;
    head(16 << 10).await.refused(431, "head-too-large");
    head(15 << 10).await.is(200);

    let mut stream = TcpStream::connect(served.address()).await.unwrap();
    let endless = [b"GET / HTTP/1.1\r\nhost: x\r\nx: ".as_slice(), &[b'y'; 400_000]].concat();
    // The connection may be closed before all of it is sent.
    let _ = stream.write_all(&endless).await;
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said).await;
    assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&said));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_one_tenant_that_never_come_keep_no_other_tenant_out() {
    let served = Served::configured(LITTLE).with_tenant("other").await;
    for tenant in ["default", "other"] {
        served.activate(tenant, "known-device", json!({})).await;
    }
    let token = token(&served, "default", "decide").await;
    let path = "/v1/tenants/default/post-auth";
    let mut unfinished = Vec::new();
    for _ in 0..8 {
        unfinished.push(begins(&served, &token, path, "application/json", 2 << 20).await);
    }
    uses(&served, "bytes of request bodies", 16 << 20).await;
    let (own, other) = (served.with_token(&token), served.caller("other", &["decide"]).await);
    let refused = decides(&own, "default").await.refused(503, "overloaded");
    assert_eq!(refused.headers["retry-after"], "1");
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("tenant `default`") && detail.contains("bytes of request bodies"), "{detail}");
    decides(&other, "other").await.is(200);
    drop(unfinished);
    uses(&served, "bytes of request bodies", 0).await;
    decides(&own, "default").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_of_one_tenant_that_never_end_keep_no_other_tenant_out() {
    let served = Served::configured(LITTLE).with_tenant("other").await;
    let token = token(&served, "default", "manage").await;
    let mut unfinished = Vec::new();
    for _ in 0..10 {
        let path = "/v1/tenants/default/versions";
        unfinished.push(begins(&served, &token, path, "application/wasm", 64 << 20).await);
    }
    uses(&served, "places for uploads", 2).await;
    let other = served.caller("other", &["manage"]).await;
    other.upload("other", policy_bytes("group-map")).await.is(201);
    drop(unfinished);
    uses(&served, "places for uploads", 0).await;
    served.with_token(&token).upload("default", policy_bytes("group-map")).await.is(201);
    assert!(
        std::fs::read_dir(served.data()).unwrap().all(|file| !file
            .unwrap()
            .file_name()
            .to_string_lossy()
            .contains("tmp"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_long_record_that_nobody_reads_is_paid_for_as_a_list_is() {
    let served = Served::configured(LITTLE);
    let ann = "/v1/tenants/default/users/ann";
    // More than the buffers of a Unix socket take.
    let long: serde_json::Map<_, _> = (0..62).map(|at| (format!("prop_{at}"), "x".repeat(4_000).into())).collect();
    served.administrator().patch(ann, json!({ "set": long })).await.is(200);
    uses(&served, "bytes of answers", 0).await;
    let mut silent = UnixStream::connect(served.socket()).await.unwrap();
    silent.write_all(format!("GET {ann} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
    is_in_use(&served, "bytes of answers").await;
    drop(silent);
    uses(&served, "bytes of answers", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_to_a_follower_is_paid_for_as_long_as_it_may_wait_to_be_read() {
    let served = Served::configured(LITTLE).guarded_by("known-device").await;
    let token = token(&served, "default", "read").await;
    let mut follower = TcpStream::connect(served.address()).await.unwrap();
    let path = "/v1/tenants/default/decisions/stream";
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    follower.write_all(head.as_bytes()).await.unwrap();
    follower.read_exact(&mut [0; "HTTP/1.1 200".len()]).await.unwrap();
    uses(&served, "bytes of answers", 0).await;
    decides(&served.administrator(), "default").await.is(200);
    is_in_use(&served, "bytes of answers").await;
    drop(follower);
    uses(&served, "bytes of answers", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_comes_back_as_it_went() {
    let served = Served::new();
    let administrator = served.administrator();
    let wasm = policy_bytes("group-map");
    administrator.upload("default", wasm.clone()).await.is(201);
    let component = "/v1/tenants/default/policies/group-map/versions/1/component";
    let back = administrator.get(component).await.is(200);
    assert_eq!(
        (back.headers["content-length"].to_str().unwrap(), &back.body[..]),
        (&*wasm.len().to_string(), &wasm[..])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_leave_files_for_the_work() {
    let served = Served::limited("", "ulimit -n 256", None).guarded_by("known-device").await;
    let mut idle = Vec::new();
    for from in 1..=200 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::new(127, 0, 1, from), 0).into()).unwrap();
        idle.push(socket.connect(served.address()).await.unwrap());
    }
    let administrator = served.administrator();
    decides(&administrator, "default").await.is(200);
    administrator.upload("default", policy_bytes("group-map")).await.is(201);
    drop(idle);
    let front_door = served.caller("default", &["decide"]).await;
    decides(&front_door, "default").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_label_is_what_a_client_has_written() {
    let served = Served::configured(LITTLE);
    let administrator = served.administrator();
    let ask = async |method: &str, path: &str| administrator.ask(method, path, "", Default::default(), &[]).await;
    for number in 0..32 {
        ask(&format!("M{number}"), "/healthz").await.is(405);
        ask("GET", &format!("/nowhere/{number}")).await.is(404);
    }
    let counted = |text: &str| -> Vec<String> {
        let requests = text.lines().filter(|line| line.starts_with("vestibule_http_requests_total{"));
        requests.map(str::to_owned).collect()
    };
    let all = loop {
        let text = metrics(&served).await;
        if text.contains("route=\"none\",status=\"404\"} 32") {
            break counted(&text);
        }
        tokio::task::yield_now().await;
    };
    assert!(all.iter().any(|line| line.contains("method=\"other\",route=\"/healthz\",status=\"405\"} 32")), "{all:?}");
    assert!(all.len() < 8, "{all:?}");
}
