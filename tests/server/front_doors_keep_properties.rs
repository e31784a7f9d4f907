//! Front doors that have checked the password and keep the properties themselves, Access Server's script among them.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Caller, DEVICE, Served, root};

const POST_AUTH: &str = "/v1/tenants/default/post-auth";

fn login(attributes: Value, proplist: Value) -> Value {
    json!({
        "authcred": { "username": "ann", "client_hw_addr": DEVICE }, "attributes": attributes,
        "authret": { "user": "Ann", "proplist": proplist }, "info": { "auth_method": "local" }
    })
}

async fn ask(caller: &Caller<'_>, login: &Value) -> Value {
    caller.post(POST_AUTH, login.clone()).await.is(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_policies_save_is_handed_back_and_not_stored() {
    let served = Served::new().guarded_by("known-device").await;
    let administrator = served.administrator();
    let first = ask(&administrator, &login(json!({ "vpn_auth": true }), json!({ "prop_lzo": "true" }))).await;
    assert_eq!((&first["decision"], &first["authret"]["user"]), (&json!("allow"), &json!("Ann")));
    assert_eq!(first["proplist_save"], json!({ "pvt_hw_addr": DEVICE }));
    assert_eq!(first["authret"]["proplist"], json!({ "prop_lzo": "true" }));
    let known = json!({ "pvt_hw_addr": "00:00:5e:00:53:09" });
    let other = ask(&administrator, &login(json!({ "vpn_auth": true }), known.clone())).await;
    assert_eq!((&other["decision"], &other["cause"]), (&json!("deny"), &json!("denied")));
    assert_eq!(other["authret"]["proplist"], known);
    let users = administrator.get("/v1/tenants/default/users").await.is(200).json();
    assert_eq!(users["profiles"], json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_authret_the_hosts_own_records_count() {
    let served = Served::new().guarded_by("known-device").await;
    let administrator = served.administrator();
    let mut login = login(json!({ "vpn_auth": true }), json!({}));
    login.as_object_mut().unwrap().remove("authret");
    assert_eq!(ask(&administrator, &login).await["decision"], "allow");
    let ann = administrator.get("/v1/tenants/default/users/ann").await.is(200).json();
    assert_eq!(ann["properties"], json!({ "pvt_hw_addr": DEVICE }));
    login["authcred"]["client_hw_addr"] = json!("00:00:5e:00:53:02");
    assert_eq!(ask(&administrator, &login).await["decision"], "deny");
    login["info"]["auth_method"] = json!("none");
    assert_eq!(ask(&administrator, &login).await["cause"], "auth-null-not-granted");
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_and_sessions_go_back_and_forth() {
    let served = Served::new();
    served.activate("default", "../scripted/told", json!({})).await;
    let administrator = served.administrator();
    let attributes = json!({ "vpn_auth": true, "client_info": { "ASKS": "Code?", "KEEPS": "kept" } });
    let mut login = login(attributes, json!({}));
    let asked = ask(&administrator, &login).await;
    assert_eq!((&asked["decision"], &asked["challenge"]["text"]), (&json!("challenge"), &json!("Code?")));
    login["crstate"] = json!({ "state_id": asked["challenge"]["state_id"], "response": "yes" });
    let allowed = ask(&administrator, &login).await;
    assert_eq!(allowed["decision"], "allow", "{allowed}");
    let mut renewed = login.clone();
    renewed.as_object_mut().unwrap().remove("crstate");
    renewed["attributes"]["client_info"] = json!({ "RECALLS": "kept" });
    renewed["session_state"] = allowed["session_state"].clone();
    assert_eq!(ask(&administrator, &renewed).await["decision"], "allow");
    renewed["session_state"] = json!("bm90IG9mIHRoaXMgaG9zdA==");
    assert_eq!(ask(&administrator, &renewed).await["cause"], "proof-mismatch");
    assert_eq!(ask(&administrator, &login).await["cause"], "challenge-replayed");
}

/// `group-map`, which searches for the groups of a user.
pub(super) async fn searching() -> Served {
    let served = Served::new();
    let settings = json!({
        "rules": [{ "ldap_group": "cn=staff,dc=example,dc=com", "group": "staff" }]
    });
    served.activate("default", "group-map", json!({ "settings": settings, "grants": { "directory": true } })).await;
    served
}

pub(super) fn ldap_login() -> Value {
    let mut login = login(json!({ "vpn_auth": true }), json!({}));
    login["info"] = json!({
        "auth_method": "ldap",
        "ldap": { "user_dn": "uid=ann,dc=example,dc=com", "search_base": "dc=example,dc=com", "uname_attr": "uid" }
    });
    login["serves_directory"] = json!(true);
    login
}

#[tokio::test(flavor = "multi_thread")]
async fn a_front_door_with_a_directory_makes_the_searches() {
    let served = searching().await;
    let administrator = served.administrator();
    let search = ask(&administrator, &ldap_login()).await;
    assert_eq!(search["decision"], "search", "{search}");
    let query = &search["search"]["query"];
    assert_eq!(query["scope"], "base", "{query}");
    let path = format!("{POST_AUTH}/{}", search["search"]["continuation"].as_str().unwrap());
    let entries = json!([{
        "dn": "uid=ann,dc=example,dc=com",
        "attributes": [{ "name": "memberOf", "values": ["cn=staff,dc=example,dc=com"] }]
    }]);
    let allowed = administrator.post(&path, json!({ "entries": entries })).await.is(200).json();
    assert_eq!(allowed["authret"]["proplist"]["conn_group"], "staff", "{allowed}");
    administrator.post(&path, json!({ "entries": [] })).await.refused(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_is_answered_costs_nothing_and_what_is_no_answer_a_login() {
    let served = searching().await;
    let administrator = served.administrator();
    administrator.put("/v1/tenants/default", json!({ "terms": { "logins_per_second": 1 } })).await.is(200);
    let search = ask(&administrator, &ldap_login()).await;
    let path = format!("{POST_AUTH}/{}", search["search"]["continuation"].as_str().unwrap());
    for nothing in [json!({ "entries": "none" }), json!({})].iter().cycle() {
        let reply = administrator.post(&path, nothing.clone()).await;
        if reply.status != 422 {
            reply.refused(429, "too-many-logins");
            break;
        }
    }
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(administrator.post(&path, json!({ "entries": [] })).await.is(200).decision(), "deny");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_outside_the_tenants_base_does_not_reach_the_front_door() {
    let served = searching().await;
    let mut login = ldap_login();
    login["info"]["ldap"]["search_base"] = json!("dc=example,dc=org");
    assert_eq!(ask(&served.administrator(), &login).await["cause"], "capability-denied");
    login["info"]["ldap"]["search_base"] = json!("no name");
    served.administrator().post(POST_AUTH, login).await.refused(422, "invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_fails_lets_nobody_in() {
    let served = searching().await;
    let administrator = served.administrator();
    let search = ask(&administrator, &ldap_login()).await;
    let path = format!("{POST_AUTH}/{}", search["search"]["continuation"].as_str().unwrap());
    let denied = administrator.post(&path, json!({ "error": { "unavailable": "gone" } })).await.is(200).json();
    assert_eq!((&denied["decision"], &denied["cause"]), (&json!("deny"), &json!("capability-unavailable")));
}

/// Access Server's caller as it is documented, with the script that an administrator installs, under a real Python.
async fn access_server(served: &Served, login: &Value, options: &[&str]) -> Value {
    let home = tempfile::tempdir().unwrap();
    let (token, file) = (home.path().join("token"), home.path().join("login.json"));
    let path = "/v1/tenants/default/tokens/access-server";
    let made = served.administrator().put(path, json!({ "scopes": ["decide"] })).await.is(200).json();
    std::fs::write(&token, made["token"].as_str().unwrap()).unwrap();
    std::fs::write(&file, login.to_string()).unwrap();
    let host = format!("unix:{}", served.socket().display());
    let run = Command::new("python3")
        .arg(root().join("tests/access_server/stand_in.py"))
        .args(["--host", &host, "--tenant", "default", "--token-file"])
        .arg(&token)
        .arg("--login")
        .arg(&file)
        .args(options)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success(), "{printed}{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_str(printed.trim()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn access_servers_script_lets_in_what_the_host_lets_in() {
    let served = Served::new().guarded_by("known-device").await;
    let allowed = access_server(&served, &login(json!({ "vpn_auth": true }), json!({})), &[]).await;
    assert_eq!((&allowed["outcome"], &allowed["exception"]), (&json!("allow"), &Value::Null), "{allowed}");
    assert_eq!(allowed["proplist_save"], json!({ "pvt_hw_addr": DEVICE }));
    let other = login(json!({ "vpn_auth": true }), json!({ "pvt_hw_addr": "00:00:5e:00:53:09" }));
    let denied = access_server(&served, &other, &[]).await;
    assert_eq!(denied["outcome"], "deny");
    assert!(denied["client_reason"].as_str().is_some_and(|text| text.contains("not registered")), "{denied}");
}

#[tokio::test(flavor = "multi_thread")]
async fn access_servers_script_asks_and_searches() {
    let served = Served::new();
    served.activate("default", "../scripted/told", json!({})).await;
    let attributes = json!({ "vpn_auth": true, "client_info": { "ASKS": "Code?" } });
    let answered = access_server(&served, &login(attributes, json!({})), &["--answer", "yes"]).await;
    assert_eq!(answered["outcome"], "allow", "{answered}");

    let served = searching().await;
    let entries = tempfile::NamedTempFile::new().unwrap();
    let attributes =
        json!([{ "name": "uid", "values": ["Ann"] }, { "name": "memberOf", "values": ["cn=staff,dc=example,dc=com"] }]);
    let found = json!([{ "dn": "uid=ann,dc=example,dc=com", "attributes": attributes }]);
    std::fs::write(entries.path(), found.to_string()).unwrap();
    let mut login = ldap_login();
    login.as_object_mut().unwrap().remove("serves_directory");
    for generation in ["ldap3", "python-ldap"] {
        let options = ["--entries", entries.path().to_str().unwrap(), "--ldap", generation];
        let mapped = access_server(&served, &login, &options).await;
        assert_eq!(
            (&mapped["outcome"], &mapped["proplist"]["conn_group"]),
            (&json!("allow"), &json!("staff")),
            "{mapped}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn access_servers_script_keeps_everybody_out_while_the_host_is_away() {
    let mut served = Served::new().guarded_by("known-device").await;
    let login = login(json!({ "vpn_auth": true }), json!({}));
    assert_eq!(access_server(&served, &login, &[]).await["outcome"], "allow");
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("login.json");
    std::fs::write(&file, login.to_string()).unwrap();
    served.process().kill().unwrap();
    served.process().wait().unwrap();
    let host = format!("unix:{}", served.socket().display());
    let run = Command::new("python3")
        .arg(root().join("tests/access_server/stand_in.py"))
        .args(["--host", &host, "--tenant", "default", "--token-file"])
        .args([&file, std::path::Path::new("--login"), &file])
        .output()
        .unwrap();
    let denied: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!((&denied["outcome"], &denied["exception"]), (&json!("deny"), &Value::Null), "{denied}");
}

#[test]
fn access_servers_script_passes_its_own_tests() {
    let run = Command::new("python3")
        .args(["-m", "unittest", "discover", "tests/access_server"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
