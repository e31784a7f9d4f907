//! A new version is tried beside the active one: without effect, on some of the users, or until it has failed too often.

use serde_json::{Value, json};

use crate::harness::{Caller, DEVICE, Served, policy_bytes, probe_bytes};

const TRIAL: &str = "/v1/tenants/default/chain/trials/known-device";

/// A host with `known-device` as version 1 and something else as version 2 of it.
async fn with_versions(second: Vec<u8>) -> Served {
    let served = Served::new().guarded_by("known-device").await;
    let path = "/v1/tenants/default/versions?name=known-device";
    served.administrator().ask("POST", path, "application/wasm", second.into(), &[]).await.is(201);
    served
}

async fn log_in(caller: &Caller<'_>, user: &str) -> Value {
    caller.post_auth("default", user, Some(DEVICE)).await.is(200).json()
}

fn link(more: Value) -> Value {
    let mut link = json!({ "policy": "known-device", "version": 1 });
    link.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!([link])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_is_compared_and_decides_nothing() {
    let served = with_versions(policy_bytes("app-versions")).await;
    let administrator = served.administrator();
    administrator.activate("default", link(json!({ "trial": { "version": 2, "mode": "shadow" } }))).await.is(200);
    for user in ["ann", "bob"] {
        let answer = log_in(&administrator, user).await;
        assert_eq!(answer["proplist_save"], json!({ "pvt_hw_addr": DEVICE }));
    }
    let report = loop {
        let report = administrator.get(TRIAL).await.is(200).json();
        if report["compared"] == 2 {
            break report;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((&report["different"], &report["skipped"]), (&json!(2), &json!(0)));
    let difference = &report["differences"][0];
    assert!(difference["fields"].to_string().contains("proplist_save.pvt_hw_addr"), "{report}");
    assert!(!report.to_string().contains("00:00:5e"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_decides_on_its_share_of_the_users_and_always_on_the_same() {
    let served = with_versions(probe_bytes("panics")).await;
    let administrator = served.administrator();
    let canary = json!({ "trial": { "version": 2, "mode": "canary", "percent": 25 } });
    administrator.activate("default", link(canary)).await.is(200);
    let mut caught = 0;
    for number in 0..60 {
        let user = format!("user-{number}");
        let (first, again) = (log_in(&administrator, &user).await, log_in(&administrator, &user).await);
        assert_eq!(first["cause"], again["cause"]);
        caught += u32::from(first["cause"] == "trap");
    }
    assert!((4..=30).contains(&caught), "{caught} of 60");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_fails_too_often_is_taken_back_and_lets_nobody_in_meanwhile() {
    let served = with_versions(probe_bytes("panics")).await;
    let administrator = served.administrator();
    let mut failing = link(json!({ "roll_back_after": 3 }));
    failing[0]["version"] = json!(2);
    administrator.activate("default", failing).await.is(200);
    // One user is one user, however often it fails.
    for user in ["ann", "ann", "ann", "bob", "cyd"] {
        assert_eq!(log_in(&administrator, user).await["cause"], "trap");
    }
    // The login that was one too many does not wait for that.
    while log_in(&administrator, "ann").await["cause"] == "trap" {}
    assert_eq!(log_in(&administrator, "ann").await["decision"], "allow");
    let chain = administrator.get("/v1/tenants/default/chain").await.is(200).json();
    assert_eq!((&chain["chain"][0]["version"], &chain["actor"]), (&json!(1), &json!("host")));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_a_canary_take_the_canary_back_and_not_what_was_there_before() {
    let served = with_versions(probe_bytes("panics")).await;
    let administrator = served.administrator();
    let path = "/v1/tenants/default/versions?name=known-device";
    administrator.ask("POST", path, "application/wasm", policy_bytes("app-versions").into(), &[]).await.is(201);
    let mut older = link(json!({}));
    older[0]["version"] = json!(3);
    administrator.activate("default", older).await.is(200);
    administrator.activate("default", link(json!({}))).await.is(200);
    let canary = json!({ "roll_back_after": 1, "trial": { "version": 2, "mode": "canary", "percent": 99 } });
    administrator.activate("default", link(canary)).await.is(200);
    while log_in(&administrator, "ann").await["cause"] == "trap" {}
    let chain = administrator.get("/v1/tenants/default/chain").await.is(200).json();
    assert_eq!((&chain["chain"][0]["version"], &chain["actor"]), (&json!(1), &json!("host")), "{chain}");
    assert!(chain["chain"][0].get("trial").is_none(), "{chain}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_policy_is_never_taken_out_of_the_way_and_revisions_take_no_turns() {
    let served = Served::new();
    let administrator = served.administrator();
    let open = json!({ "settings": { "without_policy": "allow" } });
    administrator.put("/v1/tenants/default", open).await.is(200);
    administrator.activate("default", json!([])).await.is(200);
    let failing = administrator.upload("default", probe_bytes("panics")).await.is(201).json();
    let chain = json!([{ "policy": failing["policy"], "roll_back_after": 1 }]);
    administrator.activate("default", chain).await.is(200);
    for _ in 0..3 {
        assert_eq!(log_in(&administrator, "ann").await["cause"], "trap");
    }
    let chain = administrator.get("/v1/tenants/default/chain").await.is(200).json();
    assert_eq!((&chain["revision"], &chain["actor"]), (&json!(2), &json!("administrator")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_leads_through_a_trial() {
    let served = with_versions(policy_bytes("app-versions")).await;
    served.runs(&["policy", "diff", "known-device"]).exits_with(0).prints("beside the active version 1").prints("+ ");
    served.runs(&["policy", "shadow", "known-device", "--version", "2"]).exits_with(0);
    served.runs(&["policy", "list"]).exits_with(0).prints("version 2 on trial as shadow");
    log_in(&served.administrator(), "ann").await;
    served.runs(&["policy", "trial", "known-device"]).exits_with(0).prints("logins compared");
    served.runs(&["policy", "canary", "known-device", "--version", "2", "--percent", "5"]).exits_with(0);
    served.runs(&["policy", "end-trial", "known-device"]).exits_with(0);
    served.runs(&["policy", "rollback"]).exits_with(0).prints("an older chain is back");
    served.runs(&["policy", "history"]).exits_with(0).prints("rolled back to revision");
}
