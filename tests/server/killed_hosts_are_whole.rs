//! A host that is killed while something is changed has the state before or the state after, and what it acknowledged.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Caller, Served, policy_bytes};

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
                let arguments = ["policy", "put", &policy, "--name", &name, "--activate"];
                let run = crate::harness::vestibule_with("", &[("VESTIBULE_SERVER", server.as_ref())], &arguments);
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
