//! Decisions: looked up, and followed as they are made.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use vestibule_domain::TenantName;
use vestibule_store::{DecisionFilter, DecisionRow, Store};

use super::page::{self, time};
use crate::access::{Caller, Scope};
use crate::app::App;
use crate::body::{Json, Path, Query};
use crate::problem::{Problem, Problems, Result};

/// How often a follower's host looks for new decisions.
const POLL: Duration = Duration::from_millis(500);
/// Decisions that a follower is sent at a time.
const AT_ONCE: u32 = 500;

/// A decision on record.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Decision {
    id: String,
    at: String,
    user: String,
    /// `allowed`, `challenged` or `denied`.
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    /// Steps, policies with their costs and logs, and names of properties.
    #[schema(value_type = Object)]
    record: Value,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Decisions {
    decisions: Vec<Decision>,
}

/// Which decisions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Only about this user.
    #[param(max_length = 256)]
    user: Option<String>,
    /// Only with this outcome: `allowed`, `challenged` or `denied`.
    outcome: Option<String>,
    /// Only with this cause.
    cause: Option<String>,
    /// Only since this time (RFC 3339).
    since: Option<String>,
    /// Only before this time (RFC 3339).
    until: Option<String>,
    /// How many, 1 to 1000; 100 unless given.
    #[param(minimum = 1, maximum = 1000)]
    count: Option<u32>,
    /// Only those before this one: the last of the page before.
    #[param(max_length = 128)]
    before: Option<String>,
}

impl From<DecisionRow> for Decision {
    fn from(row: DecisionRow) -> Self {
        let DecisionRow { id, at, user, outcome, cause, record } = row;
        Self { id, at: time(at), user, outcome, cause, record: serde_json::from_str(&record).unwrap_or_default() }
    }
}

/// List decisions, newest first
#[utoipa::path(get, path = "/v1/tenants/{tenant}/decisions", tag = "decisions", params(("tenant" = String, Path), Filter), responses((status = 200, body = Decisions), Problems))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    Query(filter): Query<Filter>,
) -> Result<Json<Decisions>> {
    caller.may(Scope::Read, &tenant)?;
    let instant = |name: &str, text: Option<String>| {
        let parsed = text.map(|text| humantime::parse_rfc3339(&text)).transpose();
        parsed.map_err(|_| Problem::invalid(format!("`{name}` is no time such as 2026-01-31T12:00:00Z")))
    };
    let Filter { user, outcome, cause, since, until, count, before } = filter;
    let (since, until) = (instant("since", since)?, instant("until", until)?);
    let filter = DecisionFilter { user, outcome, cause, since, until };
    let rows = app.registry.store().find_decisions(&tenant, &filter, page::count(count), before.as_deref()).await?;
    Ok(Json(Decisions { decisions: rows.into_iter().map(Decision::from).collect() }))
}

/// Show a decision
#[utoipa::path(get, path = "/v1/tenants/{tenant}/decisions/{id}", tag = "decisions", params(("tenant" = String, Path), ("id" = String, Path)), responses((status = 200, body = Decision), Problems))]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, id)): Path<(TenantName, String)>,
) -> Result<Json<Decision>> {
    caller.may(Scope::Read, &tenant)?;
    let row = app.registry.store().decision(&tenant, &id).await?;
    row.map(|row| Json(row.into())).ok_or_else(|| Problem::not_found("there is no such decision"))
}

/// Follow decisions as they are made
///
/// Server-sent events, one for each decision, from now on or after the one that the header `Last-Event-ID` names.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/decisions/stream", tag = "decisions", params(("tenant" = String, Path), ("last-event-id" = Option<String>, Header)),
    responses((status = 200, description = "Events", body = String, content_type = "text/event-stream"), Problems))]
pub(crate) async fn stream(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    headers: HeaderMap,
) -> Result<Sse<impl futures_core::Stream<Item = std::result::Result<Event, Infallible>>>> {
    caller.may(Scope::Read, &tenant)?;
    let store = app.registry.store().clone();
    let last = match headers.get("last-event-id").and_then(|id| id.to_str().ok()) {
        Some(id) => id.to_owned(),
        None => latest(&store, &tenant).await?,
    };
    let (sender, receiver) = tokio::sync::mpsc::channel(AT_ONCE as usize);
    tokio::spawn(follow(store, tenant, last, sender));
    Ok(Sse::new(Received(receiver)).keep_alive(KeepAlive::default()))
}

async fn latest(store: &Store, tenant: &TenantName) -> Result<String> {
    let rows = store.find_decisions(tenant, &DecisionFilter::default(), 1, None).await?;
    Ok(rows.into_iter().next().map(|row| row.id).unwrap_or_default())
}

/// Sends what is new until nobody listens.
async fn follow(store: Store, tenant: TenantName, mut last: String, sender: tokio::sync::mpsc::Sender<Event>) {
    while !sender.is_closed() {
        match store.decisions_after(&tenant, &last, AT_ONCE).await {
            Ok(rows) => {
                for row in rows {
                    last.clone_from(&row.id);
                    let event = Event::default().id(row.id.clone()).json_data(Decision::from(row));
                    let Ok(event) = event else { continue };
                    if sender.send(event).await.is_err() {
                        return;
                    }
                }
            }
            Err(error) => tracing::warn!(%tenant, %error, "decisions cannot be followed"),
        }
        tokio::time::sleep(POLL).await;
    }
}

/// What a channel receives, as a stream.
struct Received(tokio::sync::mpsc::Receiver<Event>);

impl futures_core::Stream for Received {
    type Item = std::result::Result<Event, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|event| event.map(Ok))
    }
}
