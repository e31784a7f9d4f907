//! One tenant's flood, loops and hoards are its own: what its terms allow is a limit, and others have their turn.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{Caller, Reply, Served, policy_bytes, probe_bytes};

async fn post_auth(caller: &Caller<'_>, tenant: &str) -> Reply {
    let login = json!({
        "authcred": { "username": "ann" }, "attributes": { "vpn_auth": false },
        "authret": { "user": "ann" }, "info": { "auth_method": "local" }
    });
    caller.post(&format!("/v1/tenants/{tenant}/post-auth"), login).await
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

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_loops_does_not_keep_another_one_waiting() {
    let served = Served::new().guarded_by("known-device").await.with_tenant("evil").await;
    let administrator = served.administrator();
    let looping = administrator.upload("evil", probe_bytes("loops-forever")).await.is(201).json();
    administrator.activate("evil", json!([{ "policy": looping["policy"] }])).await.is(200);
    post_auth(&administrator, "default").await.is(200);
    let flood = async {
        for _ in 0..10 {
            let logins = (0..16).map(|_| post_auth(&administrator, "evil"));
            for reply in futures_util::future::join_all(logins).await {
                assert!(matches!(reply.status, 200 | 429), "{reply:?}");
            }
        }
    };
    let good = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..50 {
            let began = Instant::now();
            assert_eq!(post_auth(&administrator, "default").await.is(200).decision(), "allow");
            slowest = slowest.max(began.elapsed());
        }
        slowest
    };
    let (slowest, ()) = tokio::join!(good, flood);
    // Sixteen loops of 20 ms would take two processors longer than this if they had to be waited for.
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
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
async fn tenants_that_had_no_login_for_longest_make_room() {
    // One compiled policy fits, two do not.
    let served = Served::configured("[server]\npolicy_bytes = 300000\nmetrics = \"127.0.0.1:0\"\n")
        .guarded_by("known-device")
        .await;
    let served = served.with_tenant("other").await;
    served.activate("other", "group-map", json!({})).await;
    let administrator = served.administrator();
    for _ in 0..2 {
        assert_eq!(post_auth(&administrator, "default").await.is(200).decision(), "allow");
        post_auth(&administrator, "other").await.is(200);
        let stream = tokio::net::TcpStream::connect(served.metrics.unwrap()).await.unwrap();
        let request = hyper::Request::get("/metrics").header("host", "localhost").body(Default::default()).unwrap();
        let text = Reply::of(crate::harness::exchange(stream, request).await).await.body;
        assert!(
            String::from_utf8_lossy(&text).contains("vestibule_tenants_loaded 1"),
            "{}",
            String::from_utf8_lossy(&text)
        );
    }
}
