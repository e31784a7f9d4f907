//! What is learnt of a version on trial is kept for as long as the trial, on all hosts together.

use serde_json::{Value, json};

use crate::harness::{DEVICE, Postgres, Served, policy_bytes, probe_bytes, sqlite};

const TRIAL: &str = "/v1/tenants/default/chain/trials/known-device";

/// Makes `known-device` version 1 of it, and this version 2.
async fn with_versions(served: Served, second: Vec<u8>) -> Served {
    upload(&served, "default", second).await;
    served
}

async fn upload(served: &Served, tenant: &str, second: Vec<u8>) {
    served.activate(tenant, "known-device", json!({})).await;
    let path = format!("/v1/tenants/{tenant}/versions?name=known-device");
    served.administrator().ask("POST", &path, "application/wasm", second.into(), &[]).await.is(201);
}

async fn try_out(served: &Served, trial: Value) {
    try_out_for(served, "default", trial).await;
}

async fn try_out_for(served: &Served, tenant: &str, trial: Value) {
    let chain = json!([{ "policy": "known-device", "version": 1, "trial": trial }]);
    served.administrator().activate(tenant, chain).await.is(200);
}

async fn log_in(served: &Served, user: &str) -> Value {
    log_in_at(served, "default", user).await
}

async fn log_in_at(served: &Served, tenant: &str, user: &str) -> Value {
    served.administrator().post_auth(tenant, user, Some(DEVICE)).await.is(200).json()
}

async fn report(served: &Served) -> Value {
    served.administrator().get(TRIAL).await.is(200).json()
}

/// The report, once so many logins have been compared.
async fn report_of(served: &Served, compared: u64) -> Value {
    loop {
        let report = report(served).await;
        if report["compared"] == compared {
            return report;
        }
        assert!(report["compared"].as_u64() < Some(compared), "{report}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_starts_again_knows_what_it_knew() {
    let served = with_versions(Served::new(), probe_bytes("panics")).await;
    try_out(&served, json!({ "version": 2, "mode": "shadow" })).await;
    for user in ["ann", "bob"] {
        log_in(&served, user).await;
    }
    let before = report_of(&served, 2).await;
    assert_eq!((&before["different"], &before["faults"]), (&json!(2), &json!(2)), "{before}");
    let served = served.ended_and_started_again();
    // Nobody has logged in since.
    assert_eq!(report(&served).await, before);
    log_in(&served, "cyd").await;
    let after = report_of(&served, 3).await;
    let mut users: Vec<_> = after["differences"].as_array().unwrap().iter().map(|one| &one["user"]).collect();
    assert_eq!(users.pop(), Some(&json!("cyd")));
    assert_eq!((users.len(), &after["faults"]), (2, &json!(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hosts_on_one_database_add_up() {
    let url = Postgres::shared().database().await;
    let host = || Served::configured(&format!("database = \"{}\"", url.expose()));
    let (here, there) = (with_versions(host(), policy_bytes("app-versions")).await, host());
    try_out(&here, json!({ "version": 2, "mode": "shadow" })).await;
    // The other host hears of the revision by itself.
    while there.administrator().get("/v1/tenants/default/chain").await.json()["revision"] != 2 {
        tokio::task::yield_now().await;
    }
    for _ in 0..3 {
        log_in(&here, "ann").await;
    }
    report_of(&here, 3).await;
    for number in 0..4 {
        log_in(&there, &format!("user-{number}")).await;
    }
    for host in [&here, &there] {
        let report = report_of(host, 7).await;
        assert_eq!(report["different"], report["differences"].as_array().unwrap().len(), "{report}");
    }
    let there = there.ended_and_started_again();
    assert_eq!(report(&there).await, report(&here).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_that_is_begun_anew_begins_at_nothing() {
    let served = with_versions(Served::new(), policy_bytes("app-versions")).await;
    let shadow = json!({ "version": 2, "mode": "shadow" });
    try_out(&served, shadow.clone()).await;
    log_in(&served, "ann").await;
    report_of(&served, 1).await;
    let served = served.ended_and_started_again();
    served.administrator().activate("default", json!([{ "policy": "known-device", "version": 1 }])).await.is(200);
    served.administrator().get(TRIAL).await.refused(404, "not-found");
    try_out(&served, shadow).await;
    let nothing = json!({ "compared": 0, "different": 0, "skipped": 0, "faults": 0, "differences": [] });
    assert_eq!(report(&served).await, nothing);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_faults_of_a_canary_are_counted() {
    let served = with_versions(Served::new(), probe_bytes("panics")).await;
    try_out(&served, json!({ "version": 2, "mode": "canary", "percent": 50 })).await;
    let mut failed = 0;
    for number in 0..20 {
        failed += u64::from(log_in(&served, &format!("user-{number}")).await["cause"] == "trap");
    }
    assert!((1..20).contains(&failed), "{failed} of 20");
    assert_eq!(report(&served).await["faults"], failed);
    let served = served.ended_and_started_again();
    assert_eq!(report(&served).await["faults"], failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_tenant_cannot_keep_is_no_other_ones() {
    const TENANTS: [&str; 6] = ["default", "ann", "bob", "cyd", "dan", "eve"];
    let mut served = Served::new();
    for tenant in TENANTS {
        if tenant != "default" {
            served = served.with_tenant(tenant).await;
        }
        upload(&served, tenant, probe_bytes("panics")).await;
        try_out_for(&served, tenant, json!({ "version": 2, "mode": "canary", "percent": 99 })).await;
    }
    let mut database = sqlite(served.data()).await;
    let no_room = "create trigger full before insert on trial when new.tenant = 'default'
        begin select raise(abort, 'no room'); end";
    sqlx::query(no_room).execute(&mut database).await.unwrap();
    for tenant in TENANTS {
        assert_eq!(log_in_at(&served, tenant, "joe").await["cause"], "trap");
    }
    let served = served.ended_and_started_again();
    for tenant in TENANTS {
        let path = format!("/v1/tenants/{tenant}/chain/trials/known-device");
        let report = served.administrator().get(&path).await.is(200).json();
        assert_eq!(report["faults"], u64::from(tenant != "default"), "{tenant}");
    }
}
