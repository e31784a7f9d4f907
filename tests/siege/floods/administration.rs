//! What administrators ask for, all at once and without an end.

use std::time::Instant;

use serde_json::json;

use super::{Flooding, crowd};
use crate::siege::besieged::Besieged;
use crate::siege::client::Client;

pub(crate) fn downloads(host: &Besieged, until: Instant) -> Flooding {
    crowd(host, "evil", 20, until, async |mut client: Client, _, _| {
        let said = client.get("/v1/tenants/evil/policies/known-device/versions/1/component").await;
        (client, said)
    })
}

pub(crate) fn searches(host: &Besieged, until: Instant) -> Flooding {
    crowd(host, "evil", 16, until, async |mut client: Client, member, round| {
        let said = client.get(&format!("/v1/tenants/evil/decisions?user=nobody-{member}-{round}&cause=trap")).await;
        (client, said)
    })
}

/// Every list that there is.
pub(crate) fn lists(host: &Besieged, until: Instant) -> Flooding {
    const LISTS: [&str; 8] = [
        "decisions?count=1000",
        "audit?count=1000",
        "users?count=1000",
        "groups",
        "policies",
        "tokens",
        "chain/revisions",
        "chain",
    ];
    crowd(host, "evil", 16, until, async |mut client: Client, member, round| {
        let said = client.get(&format!("/v1/tenants/evil/{}", LISTS[(member + round) % LISTS.len()])).await;
        (client, said)
    })
}

pub(crate) fn large_records(host: &Besieged, until: Instant) -> Flooding {
    crowd(host, "evil", 8, until, async |mut client: Client, member, round| {
        let value = "x".repeat(4_000);
        let set: serde_json::Map<_, _> = (0..60).map(|at| (format!("pvt_{at}"), value.clone().into())).collect();
        let path = format!("/v1/tenants/evil/users/u{member}-{}", round % 20);
        let body = json!({ "set": set }).to_string();
        let said = client.ask("PATCH", &path, "application/json", body.into(), &[]).await;
        (client, said)
    })
}
