//! Another tenant, whose users log in all the time, and a probe that asks whether the host lives.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::besieged::Besieged;
use super::client::Client;
use crate::harness::DEVICE;

/// How often somebody logs in.
const EVERY: Duration = Duration::from_millis(20);
/// How long nobody of the other tenant waits in vain: by then a front door has given up.
const GIVEN_UP: Duration = Duration::from_secs(30);

/// What the other tenant saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    logins: Vec<Duration>,
    health: Vec<Duration>,
    /// What kept somebody out who should come in: what was answered instead.
    pub(super) kept_out: Vec<String>,
    pub(super) unhealthy: usize,
    pub(super) peak_kib: u64,
}

impl Seen {
    /// The time within which so many of a hundred logins were decided on.
    pub(super) fn logins(&self, percent: usize) -> Duration {
        percentile(&self.logins, percent)
    }

    /// The longest time that the probe waited.
    pub(super) fn health(&self) -> Duration {
        percentile(&self.health, 100)
    }

    pub(super) fn count(&self) -> usize {
        self.logins.len()
    }
}

fn percentile(all: &[Duration], percent: usize) -> Duration {
    let mut all = all.to_vec();
    all.sort_unstable();
    let at = (all.len() * percent).div_ceil(100).saturating_sub(1);
    all.get(at).copied().unwrap_or_default()
}

/// Logs in and asks again and again for so long.
pub(super) async fn watch(host: &Besieged, lasts: Duration) -> Seen {
    let until = Instant::now() + lasts;
    let (mut seen, health) = tokio::join!(log_in(host, until), probe(host, until));
    seen.unhealthy = health.iter().filter(|took| took.is_none()).count();
    seen.health = health.into_iter().flatten().collect();
    seen
}

async fn log_in(host: &Besieged, until: Instant) -> Seen {
    let login = json!({
        "authcred": { "username": "ann", "client_hw_addr": DEVICE }, "attributes": { "vpn_auth": true }, "info": { "auth_method": "local" }
    });
    let (login, mut seen) = (login.to_string(), Seen::default());
    let mut client = Client::new(host.calm_address(), &host.good);
    while Instant::now() < until {
        let began = Instant::now();
        let said = tokio::time::timeout(GIVEN_UP, client.post("/v1/tenants/good/post-auth", login.clone())).await;
        seen.logins.push(began.elapsed());
        match said {
            Ok(Some((200, body))) if decision(&body) == "allow" => {}
            Ok(Some((status, body))) => seen.kept_out.push(format!("{status} {}", String::from_utf8_lossy(&body))),
            Ok(None) => seen.kept_out.push("the connection broke off".to_owned()),
            Err(_) => seen.kept_out.push("no answer".to_owned()),
        }
        seen.peak_kib = host.memory_kib().map_or(u64::MAX, |(now, _)| seen.peak_kib.max(now));
        tokio::time::sleep(EVERY).await;
    }
    seen
}

fn decision(body: &[u8]) -> String {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    answer["decision"].as_str().unwrap_or_default().to_owned()
}

async fn probe(host: &Besieged, until: Instant) -> Vec<Option<Duration>> {
    let (mut all, mut client) = (Vec::new(), Client::new(host.address(), ""));
    while Instant::now() < until {
        let began = Instant::now();
        let alive = tokio::time::timeout(GIVEN_UP, client.get("/healthz")).await;
        all.push(matches!(alive, Ok(Some((200, _)))).then(|| began.elapsed()));
        tokio::time::sleep(EVERY).await;
    }
    all
}
