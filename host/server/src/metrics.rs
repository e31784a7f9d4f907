//! What is counted, in the form that Prometheus reads.
//!
//! Not for: what belongs to one tenant; ten thousand of them would make ten thousand series of each.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use vestibule_domain::Decision;

use crate::app::App;

/// From a tenth of a millisecond to ten seconds.
const SECONDS: [f64; 11] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0, 10.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    outcome: &'static str,
    cause: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
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
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("vestibule");
        let seconds = Histogram::new(SECONDS);
        let metrics = (Family::default(), Counter::default(), Family::default(), Gauge::default(), Gauge::default());
        let (decisions, refused, requests, tenants, bytes) = metrics;
        registry.register("decisions", "Logins decided on, by outcome and cause", decisions.clone());
        registry.register("logins_refused", "Logins that were not begun", refused.clone());
        registry.register("login_seconds", "How long decisions took", seconds.clone());
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register("tenants_loaded", "Tenants in memory", tenants.clone());
        registry.register("loaded_bytes", "What they take, in bytes", bytes.clone());
        Self { registry: Arc::new(registry), decisions, refused, seconds, requests, tenants, bytes }
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

    /// All of them, as text.
    pub fn text(&self, app: &App) -> String {
        let (tenants, bytes) = app.registry.residents();
        self.tenants.set(i64::try_from(tenants).unwrap_or(i64::MAX));
        self.bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// Counts and logs a request. Its address is logged as the route that it took: a name in it may be somebody's.
pub(crate) async fn measure(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().as_str().to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    tracing::debug!(
        method,
        route,
        status,
        micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
        "request"
    );
    app.metrics.requests.get_or_create(&RequestLabels { method, route, status }).inc();
    response
}
