//! Policies that are hostile, and what it takes to bring policies in.

use std::time::Instant;

use hyper::body::Bytes;
use serde_json::{Value, json};

use super::{Flooding, at_once, crowd};
use crate::harness::policy_bytes;
use crate::siege::besieged::{Besieged, HOSTILE, bomb};
use crate::siege::client::Client;

/// All of them at once, each by its own tenant; or those whose names have `SIEGE_POLICY` in them.
pub(crate) fn hostile(host: &Besieged, until: Instant) -> Flooding {
    let only = std::env::var("SIEGE_POLICY").unwrap_or_default();
    let all = HOSTILE
        .iter()
        .filter(|policy| policy.contains(&only))
        .map(|tenant| {
            let path = format!("/v1/tenants/{tenant}/post-auth");
            crowd(host, tenant, 16, until, move |mut client: Client, _, _| {
                let path = path.clone();
                async move {
                    let login = json!({ "authcred": { "username": "ann" }, "attributes": { "vpn_auth": true }, "info": { "auth_method": "local" } });
                    let said = client.post(&path, login.to_string()).await;
                    (client, said)
                }
            })
        })
        .collect();
    at_once(all)
}

/// Components as text are taken too; each differs from the others by a comment.
pub(crate) fn bombs(host: &Besieged, until: Instant) -> Flooding {
    let bomb = Bytes::from(bomb());
    crowd(host, "evil", 4, until, move |mut client: Client, member, round| {
        let own = [&bomb[..], format!("\n;; {member} {round}\n").as_bytes()].concat();
        async move {
            let path = "/v1/tenants/evil/versions";
            let said = client.ask("POST", path, "application/wasm", own.into(), &[]).await;
            (client, said)
        }
    })
}

/// The chain is made anew again and again.
pub(crate) fn activations(host: &Besieged, until: Instant) -> Flooding {
    crowd(host, "evil", 2, until, async |mut client: Client, _, _| {
        let path = "/v1/tenants/evil/chain";
        let Some((_, now)) = client.get(path).await else { return (client, None) };
        let now: Value = serde_json::from_slice(&now).unwrap_or_default();
        let chain = json!({ "expected": now["revision"], "chain": [{ "policy": "known-device" }] });
        let said = client.ask("PUT", path, "application/json", chain.to_string().into(), &[]).await;
        (client, said)
    })
}

/// A large component that nothing can be made of, and a good one that is known already.
pub(crate) fn uploads(host: &Besieged, until: Instant) -> Flooding {
    let noise = Bytes::from([&b"\0asm\x0d\0\x01\0"[..], &vec![0xff; 30 << 20]].concat());
    let known = Bytes::from(policy_bytes("known-device"));
    crowd(host, "evil", 4, until, move |mut client: Client, _, round| {
        let component = if round % 2 == 0 { noise.clone() } else { known.clone() };
        async move {
            let said = client.ask("POST", "/v1/tenants/evil/versions", "application/wasm", component, &[]).await;
            (client, said)
        }
    })
}
