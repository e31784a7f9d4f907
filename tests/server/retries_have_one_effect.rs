//! Whoever does not know whether a request arrived may send it again.

use serde_json::{Value, json};

use super::front_doors_keep_properties::{ldap_login, searching};
use crate::harness::{PASSWORD, Reply, Served};

const AUTHENTICATE: &str = "/v1/tenants/default/authenticate";
const POST_AUTH: &str = "/v1/tenants/default/post-auth";

async fn ask(served: &Served, key: &str, body: &Value) -> Reply {
    ask_at(served, AUTHENTICATE, key, body).await
}

async fn ask_at(served: &Served, path: &str, key: &str, body: &Value) -> Reply {
    let headers = [("idempotency-key", key)];
    served.administrator().ask("POST", path, "application/json", body.to_string().into(), &headers).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_a_question_that_is_sent_twice_is_answered_alike() {
    let served = Served::new().with_user("alice").await;
    served.activate("default", "../scripted/told", json!({})).await;
    let attributes = json!({ "vpn_auth": true, "client_info": { "ASKS": "Code?" } });
    let asked = served.administrator().authenticate("alice", attributes.clone()).await.is(200).json();
    assert_eq!(asked["decision"], "challenge");
    let crstate = json!({ "state_id": asked["challenge"]["state_id"], "response": "yes" });
    let answer = json!({ "username": "alice", "crstate": crstate, "attributes": attributes });
    let (first, again) = (ask(&served, "1", &answer).await.is(200), ask(&served, "1", &answer).await.is(200));
    assert_eq!(first.json()["decision"], "allow");
    assert_eq!(first.body, again.body);
    assert_eq!(ask(&served, "2", &answer).await.json()["cause"], "challenge-replayed");
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_with_one_key_at_the_same_time_are_one() {
    let served = Served::new().with_user("alice").await;
    let login = json!({ "username": "alice", "password": PASSWORD });
    let replies = tokio::join!(ask(&served, "k", &login), ask(&served, "k", &login), ask(&served, "k", &login));
    assert!(replies.0.body == replies.1.body && replies.1.body == replies.2.body);
    let decisions = served.administrator().get("/v1/tenants/default/decisions").await.json();
    assert_eq!(decisions["decisions"].as_array().map(Vec::len), Some(1));
}

/// A first try that is broken off right after it was sent is decided all the same, and the retry hears of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_try_that_is_broken_off_counts_and_its_retry_is_told() {
    let served = Served::new().with_user("alice").await;
    let login = json!({ "username": "alice", "password": "wrong horse" }).to_string();
    let decisions =
        async || served.administrator().get("/v1/tenants/default/decisions").await.json()["decisions"].clone();
    let request = format!(
        "POST {AUTHENTICATE} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nidempotency-key: k\r\n\
         content-length: {}\r\n\r\n{login}",
        login.len()
    );
    let mut stream = tokio::net::UnixStream::connect(served.socket()).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.unwrap();
    while decisions().await.as_array().is_some_and(Vec::is_empty) {
        tokio::task::yield_now().await;
    }
    // It is decided and not answered yet: a failure waits for 400 ms.
    drop(stream);
    let retry = ask(&served, "k", &serde_json::from_str(&login).unwrap()).await.is(200).json();
    assert_eq!(retry["cause"], "wrong-password");
    assert_eq!(decisions().await.as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_one_request() {
    let served = Served::new();
    let login = |user: &str| json!({ "username": user, "password": PASSWORD });
    ask(&served, "k", &login("alice")).await.is(200);
    ask(&served, "k", &login("ann")).await.refused(422, "invalid");
    ask(&served, "", &login("ann")).await.refused(422, "invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_that_is_sent_twice_rolls_back_once() {
    let served = Served::new().guarded_by("known-device").await;
    served.administrator().activate("default", json!([])).await.is(200);
    let rollback = "/v1/tenants/default/chain/rollback";
    served.administrator().post(rollback, json!({ "expected": 2 })).await.is(200);
    served.administrator().post(rollback, json!({ "expected": 2 })).await.refused(409, "conflict");
}

/// Where the answer to a new login's search goes.
async fn continuation(served: &Served) -> String {
    let search = served.administrator().post(POST_AUTH, ldap_login()).await.is(200).json();
    format!("{POST_AUTH}/{}", search["search"]["continuation"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_search_found_may_be_sent_again() {
    let served = searching().await;
    let (place, found) = (continuation(&served).await, json!({ "entries": [] }));
    let first = ask_at(&served, &place, "k", &found).await.is(200);
    assert!(first.json()["id"].is_string(), "{}", first.json());
    let again = ask_at(&served, &place, "k", &found).await.is(200);
    assert_eq!(first.body, again.body);
    let decisions = served.administrator().get("/v1/tenants/default/decisions").await.json();
    assert_eq!(decisions["decisions"].as_array().map(Vec::len), Some(1));
    ask_at(&served, &place, "another", &found).await.refused(404, "not-found");
    served.administrator().post(&place, found).await.refused(404, "not-found");
}

/// Two logins may have found the same: the one is not answered with the other's decision.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_one_search() {
    let served = searching().await;
    let (one, other) = (continuation(&served).await, continuation(&served).await);
    let found = json!({ "entries": [] });
    let first = ask_at(&served, &one, "k", &found).await.is(200).json();
    let second = ask_at(&served, &other, "k", &found).await.is(200).json();
    assert!(first["id"].is_string() && second["id"].is_string(), "{first} {second}");
    assert_ne!(first["id"], second["id"]);
    let another = json!({ "error": { "unavailable": "gone" } });
    ask_at(&served, &one, "k", &another).await.refused(422, "invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_serves_a_whole_login() {
    let served = searching().await;
    let (begun, found) = (ldap_login(), json!({ "entries": [] }));
    let search = ask_at(&served, POST_AUTH, "k", &begun).await.is(200);
    let place = format!("{POST_AUTH}/{}", search.json()["search"]["continuation"].as_str().unwrap());
    let decided = ask_at(&served, &place, "k", &found).await.is(200);
    assert!(decided.json()["id"].is_string(), "{}", decided.json());
    assert_eq!(ask_at(&served, POST_AUTH, "k", &begun).await.is(200).body, search.body);
    assert_eq!(ask_at(&served, &place, "k", &found).await.is(200).body, decided.body);
}
