//! Every route that the API says there is, with names and bodies that no route wants.

use std::sync::Arc;
use std::time::Instant;

use hyper::body::Bytes;
use serde_json::{Value, json};

use super::{Flooding, crowd};
use crate::siege::besieged::Besieged;
use crate::siege::client::Client;

/// One request: its method, path, and kind of body.
struct Ask {
    method: String,
    path: String,
    kind: String,
    body: Bytes,
}

/// As large as a body may be, and a little more; as deep as one can be; and far too many of everything.
fn bodies() -> [Bytes; 5] {
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    let names: serde_json::Map<_, _> = (0..60_000).map(|at| (format!("n{at}"), Value::Null)).collect();
    [
        json!({ "a": "x".repeat(1_900_000) }).to_string().into(),
        " ".repeat(2_200_000).into(),
        deep.into(),
        Value::from(names).to_string().into(),
        json!({ "chain": vec![json!({}); 100_000], "scopes": vec!["read"; 100_000], "set": {} }).to_string().into(),
    ]
}

/// What nothing is removed by: the floods after this one need the tenant.
fn asks() -> Vec<Ask> {
    let document = serde_json::to_value(vestibule_server::openapi()).unwrap();
    let bodies = bodies();
    let mut asks = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            if method == "delete" || path.ends_with("/stream") {
                continue;
            }
            let kinds = operation["requestBody"]["content"].as_object();
            let kind = kinds.and_then(|kinds| kinds.keys().next()).cloned().unwrap_or_default();
            let long = "n".repeat(3_000);
            let path = path.replace("{tenant}", "evil");
            for name in ["1", "ann", &long] {
                let path: Vec<_> =
                    path.split('/').map(|part| if part.starts_with('{') { name } else { part }).collect();
                let ask = |body: &Bytes| Ask {
                    method: method.to_ascii_uppercase(),
                    path: path.join("/"),
                    kind: kind.clone(),
                    body: body.clone(),
                };
                match kind.is_empty() {
                    true => asks.push(ask(&Bytes::new())),
                    false => asks.extend(bodies.iter().map(ask)),
                }
            }
        }
    }
    asks
}

pub(crate) fn every(host: &Besieged, until: Instant) -> Flooding {
    let asks = Arc::new(asks());
    crowd(host, "evil", 32, until, move |mut client: Client, member, round| {
        let asks = Arc::clone(&asks);
        async move {
            let Ask { method, path, kind, body } = &asks[(member * 11 + round) % asks.len()];
            let said = client.ask(method, path, kind, body.clone(), &[]).await;
            (client, said)
        }
    })
}
