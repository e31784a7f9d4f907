//! Every field of a login, longer than it may be, more often than it may be, and full of what has to be kept secret.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::{Flooding, crowd};
use crate::siege::besieged::Besieged;
use crate::siege::client::Client;

/// Nearly as many bytes as a body may have.
const NEARLY_ALL: usize = 1_900_000;

/// Where texts stand in a login that a front door has checked.
const TEXTS: [&str; 16] = [
    "/authcred/username",
    "/authcred/client_ip_addr",
    "/authcred/client_hw_addr",
    "/authcred/static_response",
    "/authcred/password",
    "/attributes/log_service_name",
    "/attributes/client_info/IV_VER",
    "/attributes/auth_parms/X509_0_CN",
    "/authret/user",
    "/authret/reason",
    "/authret/client_reason",
    "/authret/proplist/pvt_note",
    "/info/auth_method",
    "/info/ldap/user_dn",
    "/session_id",
    "/session_state",
];

/// Where there are lists, with what stands in each place.
const LISTS: [(&str, &str); 5] = [
    ("/info/saml_attributes/groups", "\"\""),
    ("/info/radius_reply", "{\"code\":25,\"value\":\"\"}"),
    ("/attributes/client_info", "\"K\":\"\""),
    ("/attributes/auth_parms", "\"K\":\"\""),
    ("/authret/proplist", "\"K\":\"\""),
];

fn login() -> Value {
    json!({
        "authcred": { "username": "ann" }, "attributes": { "vpn_auth": true }, "authret": { "user": "ann" },
        "info": { "auth_method": "local" }
    })
}

/// Sets the value at a pointer, with the objects on the way to it.
fn set(login: &mut Value, pointer: &str, value: Value) {
    let (parents, name) = pointer.rsplit_once('/').unwrap();
    let mut at = login;
    for parent in parents.split('/').skip(1) {
        at = at.as_object_mut().unwrap().entry(parent).or_insert_with(|| Value::Object(Map::new()));
    }
    at.as_object_mut().unwrap().insert(name.to_owned(), value);
}

pub(crate) fn long(host: &Besieged, until: Instant) -> Flooding {
    let bodies: Vec<_> = TEXTS
        .iter()
        .flat_map(|pointer| {
            [5_000, 120_000, NEARLY_ALL].map(|length| {
                let mut login = login();
                set(&mut login, pointer, Value::from("a".repeat(length)));
                login.to_string()
            })
        })
        .collect();
    crowd(host, "evil", 16, until, move |mut client: Client, member, round| {
        let body = bodies[(member * 7 + round) % bodies.len()].clone();
        async move {
            let said = client.post("/v1/tenants/evil/post-auth", body).await;
            (client, said)
        }
    })
}

pub(crate) fn many(host: &Besieged, until: Instant) -> Flooding {
    let bodies: Vec<_> = LISTS
        .iter()
        .map(|(pointer, item)| {
            let mut login = login();
            set(&mut login, pointer, Value::from("LIST"));
            let count = NEARLY_ALL / (item.len() + 8);
            let items: Vec<_> = (0..count).map(|at| item.replace("\"K\"", &format!("\"K{at}\""))).collect();
            let is_map = item.contains("\"K\"");
            let (open, close) = if is_map { ('{', '}') } else { ('[', ']') };
            login.to_string().replace("\"LIST\"", &format!("{open}{}{close}", items.join(",")))
        })
        .collect();
    crowd(host, "evil", 16, until, move |mut client: Client, member, round| {
        let body = bodies[(member + round) % bodies.len()].clone();
        async move {
            let said = client.post("/v1/tenants/evil/post-auth", body).await;
            (client, said)
        }
    })
}

pub(crate) fn secrets(host: &Besieged, until: Instant) -> Flooding {
    let mut login = login();
    set(&mut login, "/authcred/client_hw_addr", Value::from("a".repeat(100_000)));
    set(&mut login, "/authcred/static_response", Value::from("aaaa\n".repeat(4_000)));
    let mut short = login.clone();
    set(&mut short, "/authcred/client_hw_addr", Value::from("a".repeat(64)));
    let bodies = [login.to_string(), short.to_string()];
    crowd(host, "evil", 8, until, move |mut client: Client, _, round| {
        let body = bodies[round % 2].clone();
        async move {
            let said = client.post("/v1/tenants/evil/post-auth", body).await;
            (client, said)
        }
    })
}
