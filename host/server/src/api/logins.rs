//! Logins: brought by front doors, decided on, and answered.
//!
//! Not for: deciding. Whatever is answered with another status than 200 lets nobody in.

mod answer;
mod ask;
mod brought;
mod patience;

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::future::Either;
use vestibule_api::{Authenticate, Continuation, LoginAnswer, LoginHeaders, PostAuth};
use vestibule_domain::TenantName;
use vestibule_domain::dn::Dn;
use vestibule_gate::{Attempt, FrontDoorDirectory};
use vestibule_registry::Admitted;

use crate::access::Caller;
use crate::app::App;
use crate::body::{Paid, Path, Unread};
use crate::idempotency::Retry;
use crate::problem::{Problem, Problems, Result};
use crate::suspended_logins::{FrontDoor, Next, RunningLogin};
use answer::Decided;
use brought::{Brought, Part};

/// Decide on somebody who gives a password, or the answer to a question
///
/// The host finds out who it is by the method that holds for the user, runs the tenant's policies, and applies the property rules.
#[utoipa::path(
    post, path = "/v1/tenants/{tenant}/authenticate", tag = "logins",
    params(("tenant" = String, Path), LoginHeaders),
    request_body = Authenticate, responses((status = 200, description = "Decided, and on record", body = LoginAnswer), Problems)
)]
pub(crate) async fn authenticate(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    body: Unread,
) -> Result<Response> {
    let part = Part::First("authenticate");
    let Brought { asked, patience, retry, paid, admitted } =
        Brought::<Authenticate>::read(&app, &caller, &tenant, &part, body).await?;
    let login = decide(Arc::clone(&app), tenant.clone(), ask::authenticate(asked, patience)?, admitted, paid);
    once(&app, &tenant, retry, async { Ok(login.await?.into_response()) }).await
}

/// Decide on somebody whom the front door has authenticated
///
/// Only the policies are asked. With `authret`, the front door keeps the users' properties itself, and is handed what to save; without
/// it, the host's own records count.
#[utoipa::path(
    post, path = "/v1/tenants/{tenant}/post-auth", tag = "logins",
    params(("tenant" = String, Path), LoginHeaders),
    request_body = PostAuth,
    responses((status = 200, description = "Decided, and on record; or a search for the front door to make", body = LoginAnswer), Problems)
)]
pub(crate) async fn post_auth(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    body: Unread,
) -> Result<Response> {
    let part = Part::First("post-auth");
    let Brought { asked, patience, retry, paid, admitted } =
        Brought::<PostAuth>::read(&app, &caller, &tenant, &part, body).await?;
    let (searches, search_base) = (asked.serves_directory, ask::search_base(&asked)?);
    let attempt = ask::post_auth(asked, patience)?;
    let (own_app, own_tenant) = (Arc::clone(&app), tenant.clone());
    once(&app, &tenant, retry, async move {
        if searches {
            return begin(own_app, own_tenant, attempt, admitted, paid, search_base).await;
        }
        Ok(decide(own_app, own_tenant, attempt, admitted, paid).await?.into_response())
    })
    .await
}

/// Go on with a login that waits for a search
///
/// A search is answered once: whoever may have to send the answer again gives it an `Idempotency-Key`, which may be the login's.
#[utoipa::path(
    post, path = "/v1/tenants/{tenant}/post-auth/{continuation}", tag = "logins",
    params(("tenant" = String, Path), ("continuation" = String, Path), ("idempotency-key" = Option<String>, Header)),
    request_body = Continuation,
    responses((status = 200, description = "Decided, and on record; or another search", body = LoginAnswer), Problems)
)]
pub(crate) async fn continue_post_auth(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, continuation)): Path<(TenantName, String)>,
    body: Unread,
) -> Result<Response> {
    let part = Part::Found(&continuation);
    let Brought { asked, retry, paid, admitted, .. } =
        Brought::<Continuation>::read(&app, &caller, &tenant, &part, body).await?;
    let found = ask::found(asked).inspect_err(|_| part.charge_for_nothing(&admitted))?;
    let (own_app, own_tenant) = (Arc::clone(&app), tenant.clone());
    once(&app, &tenant, retry, async move {
        let login = own_app.suspended.resume(&own_tenant, &continuation, found, paid);
        let login = login.ok_or_else(|| Problem::not_found("no login waits for this search, or not any more"))?;
        go_on(&own_app, &own_tenant, login).await
    })
    .await
}

/// Begins a login whose searches the front door makes.
async fn begin(
    app: Arc<App>,
    tenant: TenantName,
    attempt: Attempt,
    admitted: Admitted,
    paid: Paid,
    search_base: Option<Dn>,
) -> Result<Response> {
    let (door, asked) = FrontDoor::new(search_base);
    let attempt = Attempt { directory: Some(FrontDoorDirectory(Arc::new(door))), ..attempt };
    let decided = decide(Arc::clone(&app), tenant.clone(), attempt, admitted, paid);
    go_on(&app, &tenant, RunningLogin::new(async { Ok(decided.await?.into_response()) }, asked)).await
}

async fn go_on(app: &Arc<App>, tenant: &TenantName, login: RunningLogin) -> Result<Response> {
    match login.next().await {
        Next::Decided(answer) => *answer,
        Next::Search(query, login) => {
            let continuation = app.suspended.suspend(tenant, login)?;
            Ok(Json(answer::search(continuation, query)).into_response())
        }
    }
}

/// Decides, and holds what was paid for the request until the front door has been told.
async fn decide(
    app: Arc<App>,
    tenant: TenantName,
    attempt: Attempt,
    admitted: Admitted,
    paid: Paid,
) -> Result<Decided> {
    let began = Instant::now();
    let recorded = attempt.caller_record.as_ref().map(|record| record.proplist.clone());
    let decided = app.registry.decide(&tenant, attempt, admitted, now()).await;
    match &decided {
        Ok(answer) => app.metrics.decided(&answer.decision, began.elapsed()),
        Err(_) => app.metrics.refused(),
    }
    Ok(Decided { answer: answer::of(recorded, decided?), paid })
}

#[expect(clippy::disallowed_methods, reason = "a login's time begins here")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// Answers a retry with what the first try was answered.
fn once(
    app: &App,
    tenant: &TenantName,
    retry: Option<Retry>,
    decide: impl Future<Output = Result<Response>> + Send + 'static,
) -> impl Future<Output = Result<Response>> + Send {
    match retry {
        // In a box, as room for the future that decides would be kept three times.
        Some(retry) => Either::Left(app.retries.once(tenant, retry, Box::pin(decide))),
        None => Either::Right(decide),
    }
}
