//! A host that is killed while something is changed has the state before or the state after, and what it acknowledged.

use std::path::PathBuf;

use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::harness::{Caller, Served, policy_bytes, vestibule_with};

const CHAIN: &str = "/v1/tenants/default/chain";

async fn active(caller: &Caller<'_>) -> Value {
    caller.get(CHAIN).await.is(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_activated_and_rolled_back_is_still_so_after_a_kill() {
    let mut served = Served::new().guarded_by("known-device").await;
    for expected in [1, 2, 3] {
        let rollback = json!({ "expected": expected });
        match expected {
            1 | 3 => served.administrator().put(CHAIN, json!({ "expected": expected, "chain": [] })).await.is(200),
            _ => served.administrator().post(&format!("{CHAIN}/rollback"), rollback).await.is(200),
        };
        let before = active(&served.administrator()).await;
        served = served.killed_and_started_again();
        assert_eq!(active(&served.administrator()).await, before);
        assert_eq!(before["revision"], expected + 1);
    }
}

/// Kills the host while changes are under way: whatever was acknowledged is there, and nothing is half there.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_of_changes_leaves_no_half_of_one() {
    let mut served = Served::new().guarded_by("known-device").await;
    for round in 0..5 {
        let socket = served.socket();
        let mut changes = JoinSet::new();
        for change in 0..8 {
            let server = format!("unix:{}", socket.display());
            changes.spawn_blocking(move || {
                let name = format!("p{round}-{change}");
                let policy = crate::harness::component("policies/known-device");
                let arguments = ["policy", "put", &policy, "--name", &name, "--grant-wanted", "--activate"];
                let run = vestibule_with("", &[("VESTIBULE_SERVER", server.as_ref())], &arguments);
                (name, run.succeeded())
            });
        }
        // Some of them are done, others are not.
        let mut done = vec![changes.join_next().await.unwrap().unwrap()];
        served.process().kill().unwrap();
        done.extend(changes.join_all().await);
        served = served.killed_and_started_again();

        let administrator = served.administrator();
        let chain = active(&administrator).await;
        let links: Vec<_> = chain["chain"].as_array().unwrap().iter().map(|link| link["policy"].clone()).collect();
        for (name, succeeded) in done {
            assert!(!succeeded || links.contains(&json!(name)), "{name} was acknowledged: {chain}");
        }
        for link in chain["chain"].as_array().unwrap() {
            let (policy, version) = (link["policy"].as_str().unwrap(), &link["version"]);
            let path = format!("/v1/tenants/default/policies/{policy}/versions/{version}/component");
            let component = administrator.get(&path).await.is(200).body;
            assert!(component == policy_bytes("known-device"), "{policy}");
        }
        administrator.activate("default", json!([])).await.is(200);
    }
}

/// Kills the host while a chain is rolled back again and again: the last rollback that was acknowledged counts, or the one that was
/// under way, and the chain is the one that it brought back.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_of_rollbacks_leaves_one_of_the_chains() {
    let mut served = Served::new().guarded_by("known-device").await;
    let guarded = active(&served.administrator()).await["chain"].clone();
    served.administrator().activate("default", json!([])).await.is(200);
    for round in 0..10 {
        let before = number(&active(&served.administrator()).await);
        let (told, mut acknowledged) = watch::channel(before);
        let rolling_back = tokio::spawn(roll_back_again_and_again(served.socket(), told));
        acknowledged.wait_for(|revision| *revision > before + round).await.unwrap();
        served.process().kill().unwrap();
        rolling_back.await.unwrap();
        let acknowledged = *acknowledged.borrow();
        served = served.killed_and_started_again();

        let now = active(&served.administrator()).await;
        assert!((0..=1).contains(&(number(&now) - acknowledged)), "{acknowledged} was acknowledged: {now}");
        // Each brings back the one before the last: odd ones are guarded.
        let chain = if number(&now) % 2 == 1 { guarded.clone() } else { json!([]) };
        assert_eq!(now["chain"], chain, "{now}");
        let revisions = served.administrator().get(&format!("{CHAIN}/revisions?count=1000")).await.is(200).json();
        let numbers: Vec<_> = revisions["revisions"].as_array().unwrap().iter().map(number).collect();
        assert_eq!(numbers, (1..=number(&now)).rev().collect::<Vec<_>>());
    }
}

/// Rolls back as often as it is acknowledged, and tells the revisions.
async fn roll_back_again_and_again(socket: PathBuf, told: watch::Sender<i64>) {
    let stream = UnixStream::connect(socket).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    loop {
        let expected = *told.borrow();
        let request = hyper::Request::post(format!("{CHAIN}/rollback")).header("host", "localhost");
        let request = request.header("content-type", "application/json");
        let request = request.body(json!({ "expected": expected }).to_string()).unwrap();
        // What is not answered is not acknowledged.
        let Ok(response) = sender.send_request(request).await else { return };
        assert_eq!(response.status(), 200);
        told.send(expected + 1).unwrap();
        let Ok(_) = response.into_body().collect().await else { return };
    }
}

fn number(revision: &Value) -> i64 {
    revision["revision"].as_i64().unwrap()
}
