//! Logins that are refused, that wait, or that are asked for again and again.

use std::time::Instant;

use serde_json::json;

use super::{Flooding, at_once, crowd};
use crate::siege::besieged::{Besieged, SILENT};
use crate::siege::client::Client;

pub(crate) fn retries(host: &Besieged, until: Instant) -> Flooding {
    crowd(host, "evil", 16, until, async |mut client: Client, member, round| {
        let property = "x".repeat(4_000);
        let proplist: serde_json::Map<_, _> =
            (0..50).map(|at| (format!("pvt_{at}"), property.clone().into())).collect();
        let login = json!({
            "authcred": { "username": "ann" }, "attributes": { "vpn_auth": true }, "info": { "auth_method": "local" },
            "authret": { "user": "ann", "proplist": proplist }
        });
        let (key, body) = (format!("{member}-{round}"), login.to_string());
        let path = "/v1/tenants/evil/post-auth";
        let said = client.ask("POST", path, "application/json", body.into(), &[("idempotency-key", &key)]).await;
        (client, said)
    })
}

pub(crate) fn wrong_passwords(host: &Besieged, until: Instant) -> Flooding {
    crowd(host, "evil", 64, until, async |mut client: Client, member, round| {
        let guess = json!({ "username": format!("u{}", member % 8), "password": format!("wrong {round}") });
        let said = client.post("/v1/tenants/evil/authenticate", guess.to_string()).await;
        (client, said)
    })
}

pub(crate) fn unknown_challenges(host: &Besieged, until: Instant) -> Flooding {
    crowd(host, "evil", 200, until, async |mut client: Client, member, round| {
        let crstate = json!({ "state_id": format!("{member:08}{round:024}"), "response": "1" });
        let answer = json!({ "username": "ann", "crstate": crstate });
        let said = client.post("/v1/tenants/evil/authenticate", answer.to_string()).await;
        (client, said)
    })
}

/// Each of them has a first device, which is saved.
pub(crate) fn new_users(host: &Besieged, until: Instant) -> Flooding {
    crowd(host, "evil", 32, until, async |mut client: Client, member, round| {
        let authcred = json!({ "username": format!("new-{member}-{round}"), "client_hw_addr": "00:00:5e:00:53:07" });
        let login =
            json!({ "authcred": authcred, "attributes": { "vpn_auth": true }, "info": { "auth_method": "local" } });
        let said = client.post("/v1/tenants/evil/post-auth", login.to_string()).await;
        (client, said)
    })
}

/// The front door promises to search, and never does.
pub(crate) fn suspended(host: &Besieged, until: Instant) -> Flooding {
    crowd(host, "evil", 64, until, async |mut client: Client, _, _| {
        let login = json!({
            "authcred": { "username": "ann" }, "attributes": { "vpn_auth": true }, "info": { "auth_method": "local" },
            "serves_directory": true
        });
        let said = client.post("/v1/tenants/evil/post-auth", login.to_string()).await;
        (client, said)
    })
}

/// Four tenants at once, whose users wait for a server that takes connections and says nothing.
pub(crate) fn silent_directories(host: &Besieged, until: Instant) -> Flooding {
    let all = SILENT
        .iter()
        .map(|tenant| {
            let path = format!("/v1/tenants/{tenant}/authenticate");
            crowd(host, tenant, 80, until, move |mut client: Client, member, _| {
                let path = path.clone();
                async move {
                    let login = json!({ "username": format!("u{member}"), "password": "correct horse" });
                    let said = client.post(&path, login.to_string()).await;
                    (client, said)
                }
            })
        })
        .collect();
    at_once(all)
}
