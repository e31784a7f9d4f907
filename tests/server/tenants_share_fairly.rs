//! One tenant's flood, loops and hoards are its own: what its terms allow is a limit, and others have their turn.

use std::cell::Cell;
use std::time::Duration;

use serde_json::json;

use crate::harness::{Caller, Reply, Served, exchange, module_bytes, policy_bytes, probe_bytes};

async fn post_auth(caller: &Caller<'_>, tenant: &str) -> Reply {
    caller.post_auth(tenant, "ann", None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_beyond_the_rate_are_told_when_to_come_back() {
    let served = Served::new().guarded_by("known-device").await;
    let administrator = served.administrator();
    administrator.put("/v1/tenants/default", json!({ "terms": { "logins_per_second": 1 } })).await.is(200);
    for _ in 0..2 {
        post_auth(&administrator, "default").await.is(200);
    }
    let refused = post_auth(&administrator, "default").await.refused(429, "too-many-logins");
    assert_eq!(refused.headers["retry-after"], "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_or_gone_on_with_costs_as_much_as_a_login() {
    const POST_AUTH: &str = "/v1/tenants/default/post-auth";
    let served = Served::new().guarded_by("known-device").await;
    let administrator = served.administrator();
    administrator.put("/v1/tenants/default", json!({ "terms": { "logins_per_second": 1 } })).await.is(200);
    let send = async |path: &str, body: &str| {
        administrator.ask("POST", path, "application/json", body.to_owned().into(), &[]).await
    };
    let nowhere = format!("{POST_AUTH}/nobody");
    for (path, body, status) in [(POST_AUTH, "{\"authcred\": ", 400), (&nowhere, "{\"entries\": []}", 404)] {
        let refused = loop {
            let reply = send(path, body).await;
            if reply.status != status {
                break reply.refused(429, "too-many-logins");
            }
        };
        assert_eq!(refused.headers["retry-after"], "1");
    }
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let long = format!("{{\"authcred\": \"{}", "x".repeat(1 << 20));
    send(POST_AUTH, &long).await.refused(400, "malformed");
    let refused = send(POST_AUTH, "{}").await.refused(429, "too-many-logins");
    let seconds: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((10..=17).contains(&seconds), "sixteen times as long as a login: {seconds}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fuel_beyond_a_minutes_worth_is_not_burnt() {
    let served = Served::new();
    let administrator = served.administrator();
    administrator.put("/v1/tenants/default", json!({ "terms": { "fuel_per_minute": 100_000_000 } })).await.is(200);
    let looping = administrator.upload("default", probe_bytes("loops-forever")).await.is(201).json();
    administrator.activate("default", json!([{ "policy": looping["policy"] }])).await.is(200);
    for _ in 0..3 {
        assert_eq!(post_auth(&administrator, "default").await.is(200).json()["cause"], "out-of-fuel");
    }
    post_auth(&administrator, "default").await.refused(429, "too-much-fuel");
}

/// Logins that a flood has going at any time.
const FLOOD: usize = 16;

/// A host with another tenant, whose policy loops forever. Both may come as often and burn as much as they like.
async fn looping(served: Served) -> Served {
    let served = served.with_tenant("evil").await;
    let administrator = served.administrator();
    let terms = json!({ "fuel_per_minute": 1_000_000_000_000_u64, "logins_per_second": 100_000 });
    for tenant in ["default", "evil"] {
        administrator.put(&format!("/v1/tenants/{tenant}"), json!({ "terms": terms })).await.is(200);
    }
    let looping = administrator.upload("evil", probe_bytes("loops-forever")).await.is(201).json();
    administrator.activate("evil", json!([{ "policy": looping["policy"] }])).await.is(200);
    served
}

/// Of a flood, of which so many logins are under way at any time, fewer than this are usually answered while another login is. Whoever had
/// to wait behind the flood would wait for all of it; how long that takes is the machine's.
async fn ensure_turns(flood: usize, one: impl AsyncFn(), other: impl AsyncFn(), fewer_than: usize) {
    let answered = Cell::new(0);
    let flooding = futures_util::future::join_all((0..flood).map(async |_| {
        loop {
            one().await;
            answered.set(answered.get() + 1);
        }
    }));
    let waiting = async {
        let mut meanwhile = Vec::new();
        while answered.get() < 4 * flood || meanwhile.len() < 30 {
            let before = answered.get();
            other().await;
            meanwhile.push(answered.get() - before);
        }
        meanwhile.sort_unstable();
        meanwhile
    };
    let meanwhile = tokio::select! {
        meanwhile = waiting => meanwhile,
        _ = flooding => unreachable!("it goes on"),
    };
    assert!(meanwhile[meanwhile.len() / 2] < fewer_than, "{meanwhile:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_loops_does_not_keep_another_one_waiting() {
    let served = looping(Served::new().guarded_by("known-device").await).await;
    let administrator = served.administrator();
    let loops = async || assert_eq!(post_auth(&administrator, "evil").await.is(200).json()["cause"], "out-of-fuel");
    let good = async || assert_eq!(post_auth(&administrator, "default").await.is(200).decision(), "allow");
    ensure_turns(FLOOD, loops, good, FLOOD / 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_passwords_does_not_keep_another_tenant_waiting() {
    let served = Served::new().guarded_by("known-device").await.with_user("ann").await.with_tenant("evil").await;
    let administrator = served.administrator();
    let terms = json!({ "logins_per_second": 100_000 });
    let at_once = json!({ "settings": { "min_failure_delay_ms": 0 }, "terms": terms });
    administrator.put("/v1/tenants/evil", at_once).await.is(200);
    administrator.put("/v1/tenants/default", json!({ "terms": terms })).await.is(200);
    let guesses = async || {
        let guess = json!({ "username": "nobody", "password": "wrong horse" });
        let denied = administrator.post("/v1/tenants/evil/authenticate", guess).await.is(200);
        assert_eq!(denied.json()["cause"], "unknown-user");
    };
    let good = async || {
        let answer = administrator.authenticate("ann", json!({ "vpn_auth": false })).await.is(200);
        assert_eq!(answer.decision(), "allow");
    };
    ensure_turns(2 * FLOOD, guesses, good, FLOOD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_so_many_policies_and_bytes_and_no_more() {
    let served = Served::new();
    let administrator = served.administrator();
    administrator.put("/v1/tenants/default", json!({ "terms": { "policies": 1 } })).await.is(200);
    administrator.upload("default", policy_bytes("known-device")).await.is(201);
    administrator.upload("default", policy_bytes("group-map")).await.refused(403, "not-allowed-by-terms");
    administrator.put("/v1/tenants/default", json!({ "terms": { "stored_bytes": 60_000 } })).await.is(200);
    administrator.upload("default", policy_bytes("group-map")).await.refused(403, "not-allowed-by-terms");
    administrator
        .put("/v1/tenants/default", json!({ "terms": { "concurrent_logins": 0 } }))
        .await
        .refused(422, "invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_at_once_do_not_pass_a_limit_together() {
    let served = Served::new();
    let administrator = served.administrator();
    let (one, other) = (policy_bytes("known-device"), policy_bytes("one-time-code"));
    // Each of them fits, but not both.
    let terms = json!({ "stored_bytes": one.len().max(other.len()) + 1 });
    administrator.put("/v1/tenants/default", json!({ "terms": terms })).await.is(200);
    let (one, other) = tokio::join!(administrator.upload("default", one), administrator.upload("default", other));
    let (stored, refused) = if one.status == 201 { (one, other) } else { (other, one) };
    stored.is(201);
    refused.refused(403, "not-allowed-by-terms");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_is_uploaded_again_when_there_is_no_more_room() {
    let served = Served::new();
    let administrator = served.administrator();
    let versions = [policy_bytes("known-device"), module_bytes("speaks-preview1")];
    for version in versions.clone() {
        administrator.upload("default", version).await.is(201);
    }
    let terms = json!({ "stored_bytes": 1, "policies": 1 });
    administrator.put("/v1/tenants/default", json!({ "terms": terms })).await.is(200);
    for version in versions {
        assert_eq!(administrator.upload("default", version).await.is(200).json()["new"], false);
    }
    administrator.upload("default", policy_bytes("group-map")).await.refused(403, "not-allowed-by-terms");
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_that_had_no_login_for_longest_make_room() {
    // Each of the two compiled policies fits, but not both.
    let served = Served::configured("[server]\npolicy_bytes = 900000\nmetrics = \"127.0.0.1:0\"\n")
        .guarded_by("known-device")
        .await;
    let served = served.with_tenant("other").await;
    served.activate("other", "group-map", json!({})).await;
    let administrator = served.administrator();
    for _ in 0..2 {
        // What was just changed is forgotten once more when the host looks for changes by others: then none is in memory.
        let loaded = loop {
            assert_eq!(post_auth(&administrator, "default").await.is(200).decision(), "allow");
            post_auth(&administrator, "other").await.is(200);
            let loaded = loaded(&served).await;
            if loaded != 0 {
                break loaded;
            }
        };
        assert_eq!(loaded, 1);
    }
}

/// How many tenants are in memory.
async fn loaded(served: &Served) -> u32 {
    let stream = tokio::net::TcpStream::connect(served.metrics.unwrap()).await.unwrap();
    let request = hyper::Request::get("/metrics").header("host", "localhost").body(Default::default()).unwrap();
    let text = Reply::of(exchange(stream, request).await).await.body;
    let text = String::from_utf8_lossy(&text);
    text.lines().find_map(|line| line.strip_prefix("vestibule_tenants_loaded ")).unwrap().parse().unwrap()
}
