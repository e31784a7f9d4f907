//! What somebody sends is read as it is meant, or refused: never cut, guessed at, or the host's own trouble.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::harness::{Reply, Served, any_login};

const POST_AUTH: &str = "/v1/tenants/default/post-auth";
/// Answers that the document names for every request.
const NAMED: [u16; 13] = [200, 201, 204, 400, 401, 403, 404, 409, 413, 415, 422, 429, 503];

/// A host whose default tenant lets everybody in, so that no failure has to be waited for.
async fn open() -> Served {
    let served = Served::new();
    let open = json!({ "settings": { "without_policy": "allow", "min_failure_delay_ms": 0 } });
    served.administrator().put("/v1/tenants/default", open).await.is(200);
    served
}

/// Runs a property on one host, so many times.
fn holds<S: Strategy>(cases: u32, any: S, property: impl AsyncFn(&Served, S::Value)) {
    let runtime = Runtime::new().unwrap();
    let served = runtime.block_on(open());
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) });
    let ran = runner.run(&any, |value| {
        runtime.block_on(property(&served, value));
        Ok(())
    });
    ran.unwrap_or_else(|failure| panic!("{failure}"));
}

/// The document's operations that take what `has` looks for, with something in the place of every name.
async fn operations(served: &Served, has: impl Fn(&Value) -> bool) -> Vec<(String, String)> {
    let document = served.administrator().get("/v1/openapi.json").await.is(200).json();
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, methods)| methods.as_object().unwrap().iter().map(move |method| (path, method)));
    let taken = all.filter(|(_, (_, operation))| has(operation)).map(|(path, (method, _))| {
        let place = path.replace("{tenant}", "default").replace(['{', '}'], "");
        (method.to_uppercase(), place)
    });
    taken.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_body_may_say_what_the_document_does_not() {
    let served = open().await;
    let taken = operations(&served, |operation| operation.pointer("/requestBody/content/application~1json").is_some());
    let taken = taken.await;
    assert!(taken.len() >= 13, "{taken:?}");
    for (method, path) in taken {
        let reply = served.administrator().send(&method, &path, json!({ "no_such_field": 1 })).await;
        let reply = reply.refused(422, "invalid");
        assert!(
            reply.json()["detail"].to_string().contains("unknown field `no_such_field`"),
            "{method} {path}: {reply:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_part_of_a_body_may_either() {
    let served = open().await;
    let login = json!({
        "authcred": { "username": "ann" }, "attributes": { "vpn_auth": true }, "authret": { "user": "ann" },
        "info": { "auth_method": "local" }
    });
    let bodies = [
        ("PUT", "/v1/tenants/acme", json!({ "settings": {}, "terms": {} }), ["/settings", "/terms"].as_slice()),
        ("POST", POST_AUTH, login, &["/authcred", "/attributes", "/authret", "/info"]),
        (
            "PUT",
            "/v1/tenants/default/chain",
            json!({ "expected": 0, "chain": [{ "policy": "p", "grants": {}, "trial": { "version": 1, "mode": "shadow" } }] }),
            &["/chain/0", "/chain/0/grants", "/chain/0/trial"],
        ),
    ];
    for (method, path, body, places) in bodies {
        for place in places {
            let mut body = body.clone();
            body.pointer_mut(place).unwrap()["no_such_field"] = json!(1);
            let reply = served.administrator().send(method, path, body).await.refused(422, "invalid");
            assert!(reply.json()["detail"].to_string().contains("no_such_field"), "{path} {place}: {reply:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_may_ask_what_the_document_does_not() {
    let served = open().await;
    let has_query = |parameter: &Value| parameter["in"] == "query";
    let taken = operations(&served, |operation| {
        operation["parameters"].as_array().is_some_and(|parameters| parameters.iter().any(has_query))
    });
    let taken = taken.await;
    assert!(taken.len() >= 7, "{taken:?}");
    for (method, path) in taken {
        let path = format!("{path}?no_such_key=1");
        let reply = served.administrator().ask(&method, &path, "application/wasm", "x".into(), &[]).await;
        let reply = reply.refused(400, "malformed");
        assert!(reply.json()["detail"].to_string().contains("no_such_key"), "{method} {path}: {reply:?}");
    }
}

#[test]
fn any_login_that_can_be_is_handed_on_as_it_is() {
    holds(256, any_login(), async |served, login| {
        let mut login = login.to_json_revealed();
        // A question and a session's state are the host's own, and not just anything.
        login.as_object_mut().unwrap().retain(|name, _| !["crstate", "session_state"].contains(&name.as_str()));
        login["info"]["auth_method"] = json!("local");
        let given = login["authret"].clone();
        let answer = served.administrator().post(POST_AUTH, login).await.is(200).json();
        assert_eq!(answer["decision"], "allow", "{answer}");
        assert_eq!(answer["authret"]["user"], given["user"]);
        assert_eq!(answer["authret"]["proplist"], given["proplist"]);
    });
}

/// Some JSON, in the words of the API.
fn any_json() -> impl Strategy<Value = Value> {
    let words = [
        "username",
        "password",
        "authcred",
        "attributes",
        "authret",
        "info",
        "user",
        "vpn_auth",
        "auth_method",
        "crstate",
        "state_id",
        "response",
        "entries",
        "error",
        "expected",
        "chain",
        "policy",
        "version",
        "trial",
        "mode",
        "shadow",
        "percent",
        "settings",
        "terms",
        "set",
        "remove",
        "scopes",
        "decide",
        "seconds",
        "client_info",
        "proplist",
        "session_state",
        "serves_directory",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        select(words.to_vec()).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(select(words.to_vec()), inner, 0..6).prop_map(|all| json!(all)),
        ]
    })
}

#[test]
fn whatever_a_body_says_the_answer_is_in_the_document() {
    let places = vec![
        ("POST", "/v1/tenants/default/authenticate"),
        ("POST", POST_AUTH),
        ("POST", "/v1/tenants/default/post-auth/x"),
        ("PUT", "/v1/tenants/default/chain"),
        ("PUT", "/v1/tenants/acme"),
        ("PATCH", "/v1/tenants/default/users/ann"),
        ("PATCH", "/v1/tenants/default/groups/staff"),
        ("PUT", "/v1/tenants/default/tokens/t"),
    ];
    let body =
        prop_oneof![3 => any_json().prop_map(|json| json.to_string().into_bytes()), 1 => vec(any::<u8>(), 0..64)];
    holds(512, (select(places), body), async |served, ((method, path), body)| {
        let reply = served.administrator().ask(method, path, "application/json", body.into(), &[]).await;
        assert!(NAMED.contains(&reply.status), "{method} {path}: {reply:?}");
    });
}

async fn with_header(served: &Served, name: &str, value: &str) -> Reply {
    let login = json!({
        "authcred": { "username": "ann" }, "attributes": { "vpn_auth": true }, "authret": { "user": "ann" },
        "info": { "auth_method": "local" }
    });
    served.administrator().ask("POST", POST_AUTH, "application/json", login.to_string().into(), &[(name, value)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_1_to_255_visible_characters() {
    let served = open().await;
    for length in [0, 1, 2, 100, 254, 255, 256, 257, 4_000] {
        let reply = with_header(&served, "idempotency-key", &"k".repeat(length)).await;
        assert_eq!(reply.status, if (1..=255).contains(&length) { 200 } else { 422 }, "{length}: {reply:?}");
    }
}

#[test]
fn no_header_but_a_tokens_own_lets_anybody_near() {
    let runtime = Runtime::new().unwrap();
    let served = runtime.block_on(open());
    let asked = json!({ "scopes": ["decide"] });
    let made = runtime.block_on(served.administrator().put("/v1/tenants/default/tokens/t", asked)).is(200).json();
    let token = made["token"].as_str().unwrap();
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(256) });
    // A quarter of them has the whole token and nothing after it.
    let schemes = select(vec!["Bearer", "bearer", "BEARER", "Basic", "Bear", ""]);
    let length = prop_oneof![Just(token.len()), 0..=token.len()];
    let near = (schemes, " {0,3}", length, prop_oneof![Just(String::new()), "[ -~]{0,4}"]);
    let ran = runner.run(&near, |(scheme, space, length, rest)| {
        let header = format!("{scheme}{space}{}{rest}", &token[..length]);
        // White space at the ends of a header is none of its value.
        let said = header.trim();
        let is_tokens = said
            .split_once(' ')
            .is_some_and(|(scheme, shown)| scheme.eq_ignore_ascii_case("bearer") && shown.trim() == token);
        let status = runtime.block_on(with_header(&served, "authorization", &header)).status;
        prop_assert!(if is_tokens { status != 401 } else { status == 401 }, "{}: {}", header, status);
        Ok(())
    });
    ran.unwrap_or_else(|failure| panic!("{failure}"));
}
