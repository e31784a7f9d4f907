//! Whoever follows decisions sees each of them, also those that are on record late, until the host or the token ends.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::{Response, header};
use serde_json::{Value, json};
use tokio::net::{TcpStream, UnixStream};

use crate::harness::{Reply, Served, exchange, sqlite};

const STREAM: &str = "/v1/tenants/default/decisions/stream";
/// Some time, in milliseconds.
const THEN: u64 = 1_785_000_000_000;

/// The id of a decision that was made so many milliseconds later.
fn id(millis: u64) -> String {
    format!("{:012x}{:020x}", THEN + millis, 0)
}

/// Puts a decision on record, made so many milliseconds after some time.
async fn record(served: &Served, millis: u64) {
    record_long(served, millis, 0).await;
}

/// The same, with so many bytes of a record.
async fn record_long(served: &Served, millis: u64, bytes: usize) {
    let mut database = sqlite(served.data()).await;
    let sql = "insert into decision (tenant, decision_id, at_ms, user_name, outcome, cause, record)
        values ('default', $1, $2, 'ann', 'allowed', null, $3)";
    let record = json!({ "reason": "x".repeat(bytes) }).to_string();
    sqlx::query(sql).bind(id(millis)).bind((THEN + millis) as i64).bind(record).execute(&mut database).await.unwrap();
}

/// What is sent to somebody who follows.
struct Follower {
    response: Response<Incoming>,
    read: String,
}

impl Follower {
    async fn open(served: &Served, last: Option<&str>) -> Self {
        let stream = UnixStream::connect(served.socket()).await.unwrap();
        let mut request = hyper::Request::get(STREAM).header(header::HOST, "localhost");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = exchange(stream, request.body(Default::default()).unwrap()).await;
        Self { response, read: String::new() }
    }

    /// With this token.
    async fn with_token(served: &Served, token: &str) -> Self {
        let stream = TcpStream::connect(served.address()).await.unwrap();
        let request = hyper::Request::get(STREAM).header(header::HOST, "localhost");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        let response = exchange(stream, request.body(Default::default()).unwrap()).await;
        Self { response, read: String::new() }
    }

    /// Waits until the stream ends, before there is even a sign of life: one comes every 15 seconds.
    async fn ends(mut self) {
        assert_eq!(self.response.status(), 200);
        let more = self.response.body_mut().frame().await;
        assert!(more.is_none(), "{more:?}");
    }

    /// The ids of the next decisions, as many as this.
    async fn next(&mut self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        while ids.len() < count {
            match self.read.split_once("\n\n") {
                Some((event, rest)) => {
                    ids.extend(event.lines().filter_map(|line| line.strip_prefix("id: ")).map(str::to_owned));
                    self.read = rest.to_owned();
                }
                None => {
                    let frame = self.response.body_mut().frame().await.unwrap().unwrap();
                    self.read.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
                }
            }
        }
        ids
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_of_which_a_page_is_too_much_for_a_small_host_are_listed_and_followed_nevertheless() {
    // One tenant has 4 MiB of it for answers.
    let served = Served::configured("[server]\nmemory_bytes = 268435456\n");
    let all: Vec<_> = (1..=20).map(|at| id(at * 10_000)).collect();
    for at in 1..=20 {
        record_long(&served, at * 10_000, 200_000).await;
    }
    let made = served.administrator().put("/v1/tenants/default/tokens/reader", json!({ "scopes": ["read"] })).await;
    let token = made.is(200).json()["token"].as_str().unwrap().to_owned();
    let (reader, mut listed, mut before) = (served.with_token(&token), Vec::new(), String::new());
    loop {
        let page = reader.get(&format!("/v1/tenants/default/decisions?count=1000{before}")).await.is(200).json();
        let ids = page["decisions"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned());
        listed.extend(ids);
        let Some(next) = page["next"].as_str() else { break };
        before = format!("&before={next}");
    }
    listed.reverse();
    assert_eq!(listed, all);
    assert_eq!(Follower::open(&served, Some(&id(0))).await.next(all.len()).await, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_record_late_is_sent_once() {
    let served = Served::new();
    record(&served, 0).await;
    record(&served, 2_000).await;
    let mut follower = Follower::open(&served, None).await;
    record(&served, 1_000).await;
    assert_eq!(follower.next(1).await, [id(1_000)]);
    record(&served, 3_000).await;
    assert_eq!(follower.next(1).await, [id(3_000)]);
    record(&served, 500).await;
    record(&served, 60_000).await;
    assert_eq!(follower.next(2).await, [id(500), id(60_000)]);
    // Nothing can be as late as that.
    record(&served, 1_500).await;
    record(&served, 61_000).await;
    assert_eq!(follower.next(1).await, [id(61_000)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_back_misses_nothing() {
    let served = Served::new();
    for millis in [0, 9_000, 15_000, 16_000, 17_000] {
        record(&served, millis).await;
    }
    let mut follower = Follower::open(&served, Some(&id(16_000))).await;
    assert_eq!(follower.next(2).await, [id(15_000), id(17_000)]);
    let mut follower = Follower::open(&served, Some("")).await;
    assert_eq!(follower.next(5).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_one_page_is_sent_in_order() {
    let served = Served::new();
    let ids: Vec<_> = (0..1_100).map(|at| id(at * 100)).collect();
    let rows: Vec<_> =
        ids.iter().map(|id| format!("('default', '{id}', {THEN}, 'ann', 'allowed', null, '{{}}')")).collect();
    let sql = format!(
        "insert into decision (tenant, decision_id, at_ms, user_name, outcome, cause, record) values {}",
        rows.join(",")
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut sqlite(served.data()).await).await.unwrap();
    let mut follower = Follower::open(&served, Some("")).await;
    assert_eq!(follower.next(ids.len()).await, ids);
}

/// The command that follows, and the lines that it prints.
fn tail(served: &Served) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut tail = Command::new(env!("CARGO_BIN_EXE_vestibule-under-test"));
    let server = format!("unix:{}", served.socket().display());
    tail.args(["decisions", "tail", "--follow", "--json"]).env("VESTIBULE_SERVER", server);
    let mut tail = tail.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(tail.stdout.take().unwrap()).lines().map(Result::unwrap);
    (tail, lines)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_ends_when_nobody_reads_it_any_more() {
    let served = Served::new().with_user("alice").await;
    let log_in = async || served.administrator().authenticate("alice", json!({ "vpn_auth": true })).await.is(200);
    log_in().await;
    let (mut tail, mut lines) = tail(&served);
    lines.next().unwrap();
    log_in().await;
    lines.next().unwrap();
    drop(lines);
    log_in().await;
    assert!(tail.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_end_with_the_host_and_the_command_says_so() {
    let mut served = Served::new().with_user("alice").await;
    let log_in = async || served.administrator().authenticate("alice", json!({ "vpn_auth": true })).await.is(200);
    log_in().await;
    let follower = Follower::open(&served, None).await;
    let (tail, mut lines) = tail(&served);
    let mut shown = vec![lines.next().unwrap()];
    for _ in 0..2 {
        log_in().await;
        shown.push(lines.next().unwrap());
    }
    assert!(Command::new("kill").arg(served.process().id().to_string()).status().unwrap().success());
    // A connection that is cut at the end of the host's patience would be an error.
    let said = follower.response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(String::from_utf8_lossy(&said).matches("event").count(), 0);
    assert!(served.process().wait().unwrap().success());
    shown.extend(lines);
    let ended = tail.wait_with_output().unwrap();
    let complaint = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.code() == Some(3) && complaint.contains("has ended the stream"), "{complaint}");
    let ids: std::collections::BTreeSet<_> = shown
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!((shown.len(), ids.len()), (3, 3), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_followers_than_a_tenant_may_have_are_refused() {
    let served = Served::new();
    let mut followers = Vec::new();
    for _ in 0..32 {
        followers.push(Follower::open(&served, None).await);
    }
    let refused = Follower::open(&served, None).await;
    Reply::of(refused.response).await.refused(503, "overloaded");
    followers.pop();
    while Follower::open(&served, None).await.response.status() != 200 {
        tokio::task::yield_now().await;
    }
}

const TOKENS: &str = "/v1/tenants/default/tokens";

/// Makes a token of this name, in place of the one before.
async fn token(served: &Served, name: &str) -> String {
    let asked = json!({ "scopes": ["read"], "seconds": 3_600 });
    let made = served.administrator().put(&format!("{TOKENS}/{name}"), asked).await.is(200).json();
    made["token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_token_and_not_with_another() {
    let served = Served::new();
    let mut good = Follower::with_token(&served, &token(&served, "bob").await).await;
    let revoked = Follower::with_token(&served, &token(&served, "ann").await).await;
    served.administrator().delete(&format!("{TOKENS}/ann")).await.is(204);
    revoked.ends().await;
    let replaced = Follower::with_token(&served, &token(&served, "ann").await).await;
    let expired = Follower::with_token(&served, &token(&served, "ann").await).await;
    replaced.ends().await;
    // Its hour is over.
    let mut database = sqlite(served.data()).await;
    sqlx::query("update token set expires_ms = 1 where name = 'ann'").execute(&mut database).await.unwrap();
    expired.ends().await;

    record(&served, 0).await;
    assert_eq!(good.next(1).await, [id(0)]);
}
