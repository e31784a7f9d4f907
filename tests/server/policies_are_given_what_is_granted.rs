//! A policy sees and sets what it was granted by name, and a front door is told nothing that is private to a record.

use serde_json::json;

use crate::harness::{DEVICE, Served, policy_bytes};

const POST_AUTH: &str = "/v1/tenants/default/post-auth";

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_was_granted_nothing_sets_nothing_not_even_an_address() {
    let served = Served::new();
    let administrator = served.administrator();
    let policy = "../scripted/told";
    let uploaded = administrator.upload("default", policy_bytes(policy)).await.is(201).json();
    let link = json!([{ "policy": uploaded["policy"], "grants": { "properties": [] } }]);
    administrator.activate("default", link).await.is(200);
    for given in [json!(null), json!({ "user": "ann", "proplist": { "conn_group": "staff" } })] {
        for order in [
            "SETS_conn_group",
            "SETS_conn_ip",
            "SAVES_conn_group",
            "SAVES_pvt_x",
            "SETS_prop_superuser.0",
            "SEES_conn_group",
        ] {
            let login = json!({
                "authcred": { "username": "ann" }, "info": { "auth_method": "local" }, "authret": given,
                "attributes": { "vpn_auth": true, "client_info": { order: "staff" } }
            });
            let answer = administrator.post(POST_AUTH, login).await.is(200).json();
            let cause = if order == "SEES_conn_group" { "policy-error" } else { "invalid-output" };
            assert_eq!(answer["cause"], cause, "{order}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_private_stays_with_whoever_keeps_the_record() {
    let served = Served::new().guarded_by("known-device").await;
    let administrator = served.administrator();
    let record = json!({ "pvt_totp_secret": "GEZDGNBVGY3TQOJQ", "pvt_hw_addr": DEVICE, "prop_lzo": "true" });
    administrator.patch("/v1/tenants/default/users/ann", json!({ "set": record })).await.is(200);
    let mut login = json!({
        "authcred": { "username": "ann", "client_hw_addr": DEVICE }, "info": { "auth_method": "local" },
        "attributes": { "vpn_auth": true }
    });
    let answer = administrator.post(POST_AUTH, login.clone()).await.is(200).json();
    assert_eq!(
        (&answer["decision"], &answer["authret"]["proplist"]),
        (&json!("allow"), &json!({ "prop_lzo": "true" }))
    );
    login["authret"] = json!({ "user": "ann", "proplist": record });
    let answer = administrator.post(POST_AUTH, login).await.is(200).json();
    assert_eq!((&answer["decision"], &answer["authret"]["proplist"]), (&json!("allow"), &record));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_one_however_the_name_is_composed() {
    let served = Served::new().with_user("J%C3%B6rg").await;
    let administrator = served.administrator();
    administrator.put("/v1/tenants/default", json!({ "settings": { "without_policy": "allow" } })).await.is(200);
    for spelled in ["J\u{f6}rg", "Jo\u{308}rg", "\u{ff2a}\u{f6}rg"] {
        let answer = administrator.authenticate(spelled, json!({ "vpn_auth": true })).await.is(200).json();
        assert_eq!((&answer["decision"], &answer["authret"]["user"]), (&json!("allow"), &json!("J\u{f6}rg")));
    }
    administrator.get("/v1/tenants/default/users/Jo%CC%88rg").await.is(200);
    for unseen in ["J\u{f6}\u{200b}rg", "J\u{202e}org"] {
        let login = json!({ "username": unseen, "password": "correct horse" });
        administrator.post("/v1/tenants/default/authenticate", login).await.refused(422, "invalid");
    }
}
