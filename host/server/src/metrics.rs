//! What is counted, in the form that Prometheus reads.
//!
//! Not for: what belongs to one tenant; ten thousand of them would make ten thousand series of each. No label is anything that a client
//! has written: it would be there for good.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::MatchedPath;
use axum::http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use vestibule_domain::Decision;
use vestibule_ledger::Usage;

use crate::fresh::Fresh;

/// From a tenth of a millisecond to ten seconds.
const SECONDS: [f64; 11] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0, 10.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    outcome: &'static str,
    cause: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResourceLabels {
    resource: &'static str,
}

/// The host's metrics. Clones share them.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    decisions: Family<DecisionLabels, Counter>,
    refused: Counter,
    seconds: Histogram,
    requests: Family<RequestLabels, Counter>,
    tenants: Gauge,
    bytes: Gauge,
    used: Family<ResourceLabels, Gauge>,
    limits: Family<ResourceLabels, Gauge>,
    text: Arc<Fresh<Bytes>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("vestibule");
        let seconds = Histogram::new(SECONDS);
        let metrics = (Family::default(), Counter::default(), Family::default(), Gauge::default(), Gauge::default());
        let (decisions, refused, requests, tenants, bytes) = metrics;
        let (used, limits) = (Family::default(), Family::default());
        registry.register("decisions", "Logins decided on, by outcome and cause", decisions.clone());
        registry.register("logins_refused", "Logins that were not begun", refused.clone());
        registry.register("login_seconds", "How long decisions took", seconds.clone());
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register("tenants_loaded", "Tenants in memory", tenants.clone());
        registry.register("loaded_bytes", "What they take, in bytes", bytes.clone());
        registry.register("resource_used", "How much of a resource of the host is in use", used.clone());
        registry.register("resource_limit", "How much of it there is", limits.clone());
        let (registry, text) = (Arc::new(registry), Arc::default());
        Self { registry, decisions, refused, seconds, requests, tenants, bytes, used, limits, text }
    }
}

impl Metrics {
    pub(crate) fn decided(&self, decision: &Decision, took: Duration) {
        let (outcome, cause) = match decision {
            Decision::Allow { .. } => ("allowed", ""),
            Decision::Challenge { .. } => ("challenged", ""),
            Decision::Deny(denial) => ("denied", denial.cause.code()),
        };
        self.decisions.get_or_create(&DecisionLabels { outcome, cause }).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    pub(crate) fn refused(&self) {
        self.refused.inc();
    }

    /// All of them, as text, as they were within the last second: however many ask, there is one text.
    pub async fn text(&self, host: &vestibule_registry::Registry) -> Bytes {
        self.text.get(async || self.now(host)).await
    }

    fn now(&self, host: &vestibule_registry::Registry) -> Bytes {
        let (tenants, bytes) = host.cached_tenants();
        self.tenants.set(gauge(tenants as u64));
        self.bytes.set(gauge(bytes));
        for Usage { resource, used, total } in host.ledger().usage() {
            let labels = ResourceLabels { resource: resource.name() };
            self.used.get_or_create(&labels).set(gauge(used));
            self.limits.get_or_create(&labels).set(gauge(total));
        }
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text.into()
    }

    pub(crate) fn answered(&self, method: &Method, route: Option<&MatchedPath>, status: u16) {
        let route = route.map_or("none", MatchedPath::as_str).to_owned();
        self.requests.get_or_create(&RequestLabels { method: name(method), route, status }).inc();
    }
}

fn gauge(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The name of a method that is known. A client may write any other one.
pub(crate) fn name(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_a_client_writes_there_is_one_label_for_it(methods in proptest::collection::vec("[A-Z]{1,12}", 1..64)) {
            let metrics = Metrics::default();
            for method in &methods {
                metrics.answered(&Method::from_bytes(method.as_bytes()).unwrap(), None, 405);
            }
            let mut text = String::new();
            encode(&mut text, &metrics.registry).unwrap();
            let series = text.lines().filter(|line| line.starts_with("vestibule_http_requests_total{")).count();
            let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
            let mut labels: Vec<_> =
                methods.iter().map(|method| known.iter().find(|known| *known == method).unwrap_or(&"other")).collect();
            labels.sort_unstable();
            labels.dedup();
            prop_assert_eq!(series, labels.len(), "{}", text);
        }
    }

    #[test]
    fn the_methods_that_are_known_have_their_names() {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            assert_eq!(name(&Method::from_bytes(method.as_bytes()).unwrap()), method);
        }
        assert_eq!(name(&Method::from_bytes(b"get").unwrap()), "other");
    }
}
