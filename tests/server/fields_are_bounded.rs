//! What is too long for the contract is the caller's fault: refused by name and length, and no login of any policy.

use serde_json::{Value, json};

use crate::harness::Served;

const POST_AUTH: &str = "/v1/tenants/default/post-auth";
const AUTHENTICATE: &str = "/v1/tenants/default/authenticate";

fn vouched() -> Value {
    json!({
        "authcred": { "username": "ann" }, "attributes": { "vpn_auth": true }, "authret": { "user": "ann" },
        "info": { "auth_method": "local" }
    })
}

/// Sets what a pointer names, and makes the objects on the way to it.
fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let mut place = &mut body;
    for part in pointer.split('/').skip(1) {
        if place.is_null() {
            *place = json!({});
        }
        place = &mut place[part];
    }
    *place = value;
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn each_text_of_a_login_is_refused_by_its_name_and_its_length() {
    let served = Served::new();
    let administrator = served.administrator();
    let typed = json!({ "username": "ann", "password": "correct horse" });
    let waiting = json!({ "username": "ann" });
    let fields = [
        (POST_AUTH, vouched(), "/authcred/username", 256),
        (POST_AUTH, vouched(), "/authcred/client_ip_addr", 64),
        (POST_AUTH, vouched(), "/authcred/client_hw_addr", 64),
        (POST_AUTH, vouched(), "/authcred/static_response", 4096),
        (POST_AUTH, vouched(), "/authcred/password", 4096),
        (POST_AUTH, vouched(), "/attributes/log_service_name", 128),
        (POST_AUTH, vouched(), "/authret/user", 256),
        (POST_AUTH, vouched(), "/authret/reason", 1024),
        (POST_AUTH, vouched(), "/session_id", 256),
        (AUTHENTICATE, typed.clone(), "/username", 256),
        (AUTHENTICATE, typed.clone(), "/password", 4096),
        (AUTHENTICATE, typed.clone(), "/client_ip_addr", 64),
        (AUTHENTICATE, typed.clone(), "/client_hw_addr", 64),
        (AUTHENTICATE, typed.clone(), "/static_response", 4096),
        (AUTHENTICATE, typed, "/session_id", 256),
        (AUTHENTICATE, with(waiting, "/crstate/state_id", json!("x")), "/crstate/response", 4096),
    ];
    for (path, body, pointer, most) in fields {
        let body = with(body, pointer, json!("x".repeat(most + 1)));
        let refused = administrator.post(path, body).await.refused(422, "invalid").json();
        let (detail, name) = (refused["detail"].as_str().unwrap(), pointer[1..].replace('/', "."));
        let expected = format!("in `{name}`: has {} bytes, more than {most}", most + 1);
        assert!(detail.contains(&expected), "{detail}");
    }
    assert_eq!(administrator.get("/v1/tenants/default/decisions").await.is(200).json()["decisions"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_refused_where_they_become_too_much() {
    let served = Served::new();
    let administrator = served.administrator();
    let empty = vec![""; 100_000];
    let attribute = json!({ "code": 1, "value": "" });
    for (pointer, value, name) in [
        ("/info/saml_attributes/groups", json!(empty), "info.saml_attributes"),
        ("/info/radius_reply", json!(vec![attribute; 20_000]), "info.radius_reply"),
    ] {
        let refused =
            administrator.post(POST_AUTH, with(vouched(), pointer, value)).await.refused(422, "invalid").json();
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains(name) && detail.contains("has more than 262144 bytes"), "{detail}");
    }
    let entry = json!({ "dn": "dc=a", "attributes": [{ "name": "memberOf", "values": empty }] });
    let found = json!({ "entries": [entry] });
    let refused = administrator.post("/v1/tenants/default/post-auth/x", found).await.refused(422, "invalid").json();
    assert!(refused["detail"].as_str().unwrap().contains("has more than 1048576 bytes"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_nobody_knows_proves_nothing_unless_that_is_said() {
    let served = Served::new();
    let administrator = served.administrator();
    administrator.put("/v1/tenants/default", json!({ "settings": { "without_policy": "allow" } })).await.is(200);
    for word in ["None", "NONE", "", "null", "n\u{43e}ne", "none ", "Local", "unknown"] {
        let login = with(vouched(), "/info/auth_method", json!(word));
        let refused = administrator.post(POST_AUTH, login).await.refused(422, "invalid").json();
        assert!(refused["detail"].as_str().unwrap().contains("in `info`: the method is none of"), "{refused}");
    }
    administrator.post(POST_AUTH, with(vouched(), "/info/auth_method", Value::Null)).await.refused(422, "invalid");
    let said =
        |word: &str, proven| with(with(vouched(), "/info/auth_method", json!(word)), "/info/proven", json!(proven));
    for (word, proven) in
        [("none", true), ("local", false), ("kerberos", false), ("Kerberos", true), ("n\u{43e}ne", true)]
    {
        administrator.post(POST_AUTH, said(word, proven)).await.refused(422, "invalid");
    }
    for (word, proven) in [("local", true), ("kerberos", true)] {
        assert_eq!(
            administrator.post(POST_AUTH, said(word, proven)).await.is(200).json()["decision"],
            "allow",
            "{word}"
        );
    }
    let nobody = administrator.post(POST_AUTH, said("none", false)).await.is(200).json();
    assert_eq!(nobody["cause"], "auth-null-not-granted");
}
