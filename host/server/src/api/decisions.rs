//! Decisions: looked up, and followed as they are made.

mod trail;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::response::sse::{Event, KeepAlive, Sse};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use vestibule_api::{Decision, DecisionFilter, Decisions, Scope};
use vestibule_domain::TenantName;
use vestibule_ledger::{Hold, Owner, Refused};
use vestibule_store::{self as store, Administrators, DecisionRow, Store};

use super::page::{self, time};
use crate::access::Caller;
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

/// A record that reads as JSON no more is none.
fn decision(row: DecisionRow) -> Decision {
    let DecisionRow { id, at, user, outcome, cause, record } = row;
    let record = RawValue::from_string(record).unwrap_or_default();
    Decision { id, at: time(at), user, outcome, cause, record }
}

/// List decisions, newest first
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/decisions", tag = "decisions", params(("tenant" = String, Path), DecisionFilter),
    responses((status = 200, body = Decisions), Problems)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    Query(filter): Query<DecisionFilter>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    app.registry.tenant(&tenant).await?;
    let instant = |name: &str, text: Option<String>| {
        let parsed = text.map(|text| humantime::parse_rfc3339(&text)).transpose();
        parsed.map_err(|_| Problem::invalid(format!("`{name}` is no time such as 2026-01-31T12:00:00Z")))
    };
    let DecisionFilter { user, outcome, cause, since, until, count, before } = filter;
    let (since, until) = (instant("since", since)?, instant("until", until)?);
    let filter = store::DecisionFilter { user, outcome, cause, since, until };
    let store = &app.registry.store().for_administrators();
    let (app, caller, tenant, filter, before) = (&app, &caller, &tenant, &filter, before.as_deref());
    page::fitting(page::count(count)?, |count| async move {
        let page = store.find_decisions(tenant, filter, count, before).await?;
        let decisions = Decisions { decisions: page.rows.into_iter().map(decision).collect(), next: page.next };
        answer::json(app, caller, &decisions)
    })
    .await
}

/// Show a decision
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/decisions/{id}", tag = "decisions", params(("tenant" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = Decision), Problems)
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, id)): Path<(TenantName, String)>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    app.registry.tenant(&tenant).await?;
    let row = app.registry.store().for_administrators().decision(&tenant, &id).await?;
    let row = row.ok_or_else(|| Problem::not_found("there is no such decision"))?;
    answer::json(&app, &caller, &decision(row))
}

/// Follow decisions as they are made
///
/// Server-sent events, one for each decision, from now on or after the one that the header `Last-Event-ID` names. Those that were made
/// in the six seconds before that one come again: one of them may have been put on record after it. It ends with the host, and within a
/// few seconds of the token's end.
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/decisions/stream", tag = "decisions",
    params(("tenant" = String, Path), ("last-event-id" = Option<String>, Header)),
    responses((status = 200, description = "Events", body = String, content_type = "text/event-stream"), Problems)
)]
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
    let page = store.find_decisions(tenant, &store::DecisionFilter::default(), 1, None).await?;
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
            if let Ok(event) = Event::default().id(row.id.clone()).json_data(decision(row)) {
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
