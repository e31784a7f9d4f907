//! Logins: brought by front doors, decided on, and answered.
//!
//! Not for: deciding. Whatever is answered with another status than 200 lets nobody in.

mod answer;
mod ask;
mod patience;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};
use vestibule_domain::TenantName;
use vestibule_domain::dn::Dn;
use vestibule_gate::{Attempt, FrontDoorDirectory};

use crate::access::{Caller, Scope};
use crate::app::App;
use crate::body::{self, Json, Path, Unread};
use crate::problem::{Problem, Problems, Result};
use crate::rounds::{FrontDoor, Next, Round};
pub(crate) use answer::LoginAnswer;
pub(crate) use ask::{AttributesSchema, AuthcredSchema, AuthretSchema, InfoSchema};
use ask::{Authenticate, Continuation, PostAuth};

/// The longest idempotency key in bytes.
const MAX_KEY_BYTES: usize = 255;

/// Decide on somebody who gives a password, or the answer to a question
///
/// The host finds out who it is by the method that holds for the user, runs the tenant's policies, and applies the property rules.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/authenticate", tag = "logins", params(("tenant" = String, Path), ("idempotency-key" = Option<String>, Header), ("vestibule-deadline-ms" = Option<u32>, Header, minimum = 1, maximum = 600000, description = "How long the front door waits for the answer, in milliseconds. Nobody is let in and nothing saved after that, nor after the tenant's `deadline_ms`, if that is less; what waits for its turn until then is not begun")), request_body = Authenticate,
    responses((status = 200, description = "Decided, and on record", body = LoginAnswer), Problems))]
pub(crate) async fn authenticate(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    headers: HeaderMap,
    body: Unread,
) -> Result<Response> {
    let patience = patience::arriving(&headers)?;
    caller.may(Scope::Decide, &tenant).await?;
    let whole = body.whole().await?;
    let attempt = body::read::<Authenticate>(&headers, &whole)?.attempt(patience)?;
    let login = decide(Arc::clone(&app), tenant.clone(), attempt);
    once(&app, &tenant, &headers, ("authenticate", &whole), async { Ok(Json(login.await?).into_response()) }).await
}

/// Decide on somebody whom the front door has authenticated
///
/// Only the policies are asked. With `authret`, the front door keeps the users' properties itself, and is handed what to save; without
/// it, the host's own records count.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/post-auth", tag = "logins", params(("tenant" = String, Path), ("idempotency-key" = Option<String>, Header), ("vestibule-deadline-ms" = Option<u32>, Header, minimum = 1, maximum = 600000, description = "How long the front door waits for the answer, in milliseconds. Nobody is let in and nothing saved after that, nor after the tenant's `deadline_ms`, if that is less; what waits for its turn until then is not begun")), request_body = PostAuth,
    responses((status = 200, description = "Decided, and on record; or a search for the front door to make", body = LoginAnswer), Problems))]
pub(crate) async fn post_auth(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    headers: HeaderMap,
    body: Unread,
) -> Result<Response> {
    let patience = patience::arriving(&headers)?;
    caller.may(Scope::Decide, &tenant).await?;
    let whole = body.whole().await?;
    let request = body::read::<PostAuth>(&headers, &whole)?;
    let (searches, search_base) = (request.serves_directory, request.search_base()?);
    let attempt = request.attempt(patience)?;
    let (own_app, own_tenant) = (Arc::clone(&app), tenant.clone());
    once(&app, &tenant, &headers, ("post-auth", &whole), async move {
        if searches {
            return begin(own_app, own_tenant, attempt, search_base).await;
        }
        Ok(Json(decide(own_app, own_tenant, attempt).await?).into_response())
    })
    .await
}

/// Go on with a login that waits for a search
///
/// A search is answered once: whoever may have to send the answer again gives it an `Idempotency-Key`, which may be the login's.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/post-auth/{continuation}", tag = "logins", params(("tenant" = String, Path), ("continuation" = String, Path), ("idempotency-key" = Option<String>, Header)), request_body = Continuation,
    responses((status = 200, description = "Decided, and on record; or another search", body = LoginAnswer), Problems))]
pub(crate) async fn continue_post_auth(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, continuation)): Path<(TenantName, String)>,
    headers: HeaderMap,
    body: Unread,
) -> Result<Response> {
    caller.may(Scope::Decide, &tenant).await?;
    let whole = body.whole().await?;
    let found = body::read::<Continuation>(&headers, &whole)?.read()?;
    let (own_app, own_tenant, place) = (Arc::clone(&app), tenant.clone(), format!("post-auth/{continuation}"));
    once(&app, &tenant, &headers, (&place, &whole), async move {
        let round = own_app.rounds.resume(&own_tenant, &continuation, found);
        let round = round.ok_or_else(|| Problem::not_found("no login waits for this search, or not any more"))?;
        go_on(&own_app, &own_tenant, round).await
    })
    .await
}

/// Begins a login whose searches the front door makes.
async fn begin(app: Arc<App>, tenant: TenantName, attempt: Attempt, search_base: Option<Dn>) -> Result<Response> {
    let (door, asked) = FrontDoor::new(search_base);
    let attempt = Attempt { directory: Some(FrontDoorDirectory(Arc::new(door))), ..attempt };
    let login = tokio::spawn(decide(Arc::clone(&app), tenant.clone(), attempt));
    go_on(&app, &tenant, Round::new(login, asked)).await
}

async fn go_on(app: &Arc<App>, tenant: &TenantName, round: Round) -> Result<Response> {
    match round.next().await {
        Next::Decided(answer) => Ok(Json((*answer)?).into_response()),
        Next::Search(query, round) => {
            let continuation = app.rounds.park(tenant, round)?;
            Ok(Json(LoginAnswer::search(continuation, query)).into_response())
        }
    }
}

async fn decide(app: Arc<App>, tenant: TenantName, attempt: Attempt) -> Result<LoginAnswer> {
    let began = Instant::now();
    let given = attempt.given.as_ref().map(|given| given.proplist.clone());
    let decided = app.registry.decide(&tenant, attempt, now()).await;
    match &decided {
        Ok(answer) => app.metrics.decided(&answer.decision, began.elapsed()),
        Err(_) => app.metrics.refused(),
    }
    Ok(LoginAnswer::of(given, decided?))
}

#[expect(clippy::disallowed_methods, reason = "a login's time begins here")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// Answers a retry with what the first try was answered, if the caller says that it is one. A key counts at one address: a front door may
/// use one for all requests of a login.
async fn once(
    app: &App,
    tenant: &TenantName,
    headers: &HeaderMap,
    (place, whole): (&str, &Bytes),
    decide: impl Future<Output = Result<Response>> + Send + 'static,
) -> Result<Response> {
    let Some(key) = headers.get("idempotency-key") else { return decide.await };
    let key = key.to_str().ok().filter(|key| !key.is_empty() && key.len() <= MAX_KEY_BYTES);
    let key = key.ok_or_else(|| Problem::invalid("`Idempotency-Key` has 1 to 255 visible characters"))?;
    // No key holds a zero byte: it tells the two apart. Hashed, a long address takes no more room than a short one.
    let key = Sha256::new().chain_update(key).chain_update([0]).chain_update(place).finalize().into();
    app.replies.once(tenant, key, Sha256::digest(whole).into(), decide).await
}

/// How long a login may wait for a search.
pub(crate) const SEARCH_PATIENCE: Duration = Duration::from_secs(60);
