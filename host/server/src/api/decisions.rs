//! Decisions: looked up, and followed as they are made.

mod trail;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::response::sse::{Event, KeepAlive, Sse};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};
use vestibule_domain::TenantName;
use vestibule_ledger::{Hold, Owner, Refused};
use vestibule_store::{Administrators, DecisionFilter, DecisionRow, Store};

use super::page::{self, time};
use crate::access::{Caller, Scope};
use crate::answer;
use crate::app::App;
use crate::body::{Path, Query};
use crate::problem::{Problem, Problems, Result};
use crate::streams::Stream;
use trail::Trail;

/// How often a follower's host looks for new decisions.
const POLL: Duration = Duration::from_millis(500);
/// Decisions that are read at a time.
const AT_ONCE: u32 = 100;
/// Events that wait for a follower who reads slowly.
const MAX_WAITING: usize = 1;
/// Events that may be in memory after they were sent: those that wait, one that is written, and one that the connection takes up.
const MAX_SENT: usize = MAX_WAITING + 2;

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
    #[serde(serialize_with = "as_json")]
    #[schema(value_type = Object)]
    record: String,
}

/// Parsed only while it is written: what a record becomes takes several times its text.
fn as_json<S: Serializer>(record: &str, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serde_json::from_str::<Value>(record).unwrap_or_default().serialize(serializer)
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Decisions {
    decisions: Vec<Decision>,
    /// What to give as `before` for the next page; absent after the last one. A search looks at so many decisions at a time that a page
    /// may have few or none, and yet another one may follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
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
    /// Only those before this one: the `next` of the page before.
    #[param(max_length = 128)]
    before: Option<String>,
}

impl From<DecisionRow> for Decision {
    fn from(row: DecisionRow) -> Self {
        let DecisionRow { id, at, user, outcome, cause, record } = row;
        Self { id, at: time(at), user, outcome, cause, record }
    }
}

/// List decisions, newest first
#[utoipa::path(get, path = "/v1/tenants/{tenant}/decisions", tag = "decisions", params(("tenant" = String, Path), Filter), responses((status = 200, body = Decisions), Problems))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    Query(filter): Query<Filter>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    app.registry.tenant(&tenant).await?;
    let instant = |name: &str, text: Option<String>| {
        let parsed = text.map(|text| humantime::parse_rfc3339(&text)).transpose();
        parsed.map_err(|_| Problem::invalid(format!("`{name}` is no time such as 2026-01-31T12:00:00Z")))
    };
    let Filter { user, outcome, cause, since, until, count, before } = filter;
    let (since, until) = (instant("since", since)?, instant("until", until)?);
    let filter = DecisionFilter { user, outcome, cause, since, until };
    let store = &app.registry.store().for_administrators();
    let (app, caller, tenant, filter, before) = (&app, &caller, &tenant, &filter, before.as_deref());
    page::fitting(page::count(count)?, |count| async move {
        let page = store.find_decisions(tenant, filter, count, before).await?;
        let decisions = Decisions { decisions: page.rows.into_iter().map(Decision::from).collect(), next: page.next };
        answer::json(app, caller, &decisions)
    })
    .await
}

/// Show a decision
#[utoipa::path(get, path = "/v1/tenants/{tenant}/decisions/{id}", tag = "decisions", params(("tenant" = String, Path), ("id" = String, Path)), responses((status = 200, body = Decision), Problems))]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, id)): Path<(TenantName, String)>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    app.registry.tenant(&tenant).await?;
    let row = app.registry.store().for_administrators().decision(&tenant, &id).await?;
    let row = row.ok_or_else(|| Problem::not_found("there is no such decision"))?;
    answer::json(&app, &caller, &Decision::from(row))
}

/// Follow decisions as they are made
///
/// Server-sent events, one for each decision, from now on or after the one that the header `Last-Event-ID` names. Those that were made
/// in the six seconds before that one come again: one of them may have been put on record after it. It ends with the host, and within a
/// few seconds of the token's end.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/decisions/stream", tag = "decisions", params(("tenant" = String, Path), ("last-event-id" = Option<String>, Header)),
    responses((status = 200, description = "Events", body = String, content_type = "text/event-stream"), Problems))]
pub(crate) async fn stream(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    headers: HeaderMap,
) -> Result<Sse<impl futures_core::Stream<Item = std::result::Result<Event, Infallible>>>> {
    caller.may(Scope::Read, &tenant).await?;
    app.registry.tenant(&tenant).await?;
    let stream = app.streams.open(&tenant)?;
    let paid = app.ledger.answers().take(&Owner::from(&tenant), 0)?;
    let store = app.registry.store().for_administrators();
    let trail = match headers.get("last-event-id").and_then(|id| id.to_str().ok()) {
        Some(id) => Trail::after(id),
        None => from_now_on(&store, &tenant).await?,
    };
    let (sender, receiver) = mpsc::channel(MAX_WAITING);
    let ended = async move { caller.ended(&app.tokens).await };
    tokio::spawn(follow(store, tenant, trail, sender, stream, paid, ended));
    Ok(Sse::new(Received(receiver)).keep_alive(KeepAlive::default()))
}

/// Of whoever has seen all that is on record.
async fn from_now_on(
    store: &Store<Administrators>,
    tenant: &TenantName,
) -> std::result::Result<Trail, vestibule_store::Error> {
    let page = store.find_decisions(tenant, &DecisionFilter::default(), 1, None).await?;
    let mut trail = Trail::after(page.rows.first().map(|row| row.id.as_str()).unwrap_or_default());
    let mut after = trail.from().to_owned();
    while let Some(rows) = next(store, tenant, &mut after, AT_ONCE).await? {
        for row in rows {
            trail.is_new(&row.id);
        }
        trail.forget();
    }
    Ok(trail)
}

/// Sends what is new until nobody listens, or may listen any more, or the host ends.
async fn follow(
    store: Store<Administrators>,
    tenant: TenantName,
    mut trail: Trail,
    sender: mpsc::Sender<Event>,
    mut stream: Stream,
    mut paid: Hold,
    ended: impl Future<Output = ()> + Send,
) {
    let sending = async {
        loop {
            match look(&store, &tenant, &mut trail, &sender, &mut paid).await {
                Ok(()) => tokio::time::sleep(POLL).await,
                Err(Stopped::Store(error)) => {
                    tracing::warn!(%tenant, %error, "decisions cannot be followed");
                    tokio::time::sleep(POLL).await;
                }
                // The follower comes back with the last id that it has.
                Err(Stopped::Refused(refused)) => {
                    tracing::info!(%refused, "a follower is let go");
                    return;
                }
            }
        }
    };
    tokio::select! {
        () = stream.closed() => {}
        () = sender.closed() => {}
        () = ended => {}
        () = sending => {}
    }
}

/// Why there is no looking on.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error(transparent)]
    Store(#[from] vestibule_store::Error),
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// Looks at all that may be new, and sends what is. What was read is paid for, and what was sent for as long as it may be in memory: where
/// that is more than the tenant may ever have, fewer are read at a time.
async fn look(
    store: &Store<Administrators>,
    tenant: &TenantName,
    trail: &mut Trail,
    sender: &mpsc::Sender<Event>,
    paid: &mut Hold,
) -> std::result::Result<(), Stopped> {
    let (mut after, mut at_once) = (trail.from().to_owned(), AT_ONCE);
    loop {
        let (before, sent) = (after.clone(), paid.amount());
        let Some(rows) = next(store, tenant, &mut after, at_once).await? else { return Ok(()) };
        match paid.grow(rows.iter().map(bytes).sum()) {
            Ok(()) => {}
            Err(refused) if refused.retry_after().is_none() && at_once > 1 => {
                (after, at_once) = (before, at_once / 2);
                continue;
            }
            Err(refused) => return Err(refused.into()),
        }
        let new: Vec<_> = rows.into_iter().filter(|row| trail.is_new(&row.id)).collect();
        let last = new.iter().rev().take(MAX_SENT).map(bytes).sum();
        let kept = if new.len() < MAX_SENT { sent.max(last) } else { last };
        for row in new {
            if let Ok(event) = Event::default().id(row.id.clone()).json_data(Decision::from(row)) {
                // Who does not listen any more is noticed by the caller.
                let _ = sender.send(event).await;
            }
        }
        paid.shrink(paid.amount().saturating_sub(kept));
        trail.forget();
    }
}

/// What a row takes: itself, and once more as an event.
fn bytes(row: &DecisionRow) -> u64 {
    2 * (row.record.len() + row.user.len()) as u64
}

/// The next rows after an id, which goes on with them; none at the end.
async fn next(
    store: &Store<Administrators>,
    tenant: &TenantName,
    after: &mut String,
    at_once: u32,
) -> std::result::Result<Option<Vec<DecisionRow>>, vestibule_store::Error> {
    let rows = store.decisions_after(tenant, after, at_once).await?;
    if let Some(last) = rows.last() {
        after.clone_from(&last.id);
    }
    Ok(Some(rows).filter(|rows| !rows.is_empty()))
}

/// What a channel receives, as a stream.
struct Received(mpsc::Receiver<Event>);

impl futures_core::Stream for Received {
    type Item = std::result::Result<Event, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|event| event.map(Ok))
    }
}
