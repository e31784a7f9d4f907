//! Tokens: a tenant's, and the operator's.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_api::{NewToken, Scope, Token, TokenRequest, Tokens};
use vestibule_domain::TenantName;
use vestibule_store::TokenRow;

use super::page::time;
use crate::access::{Caller, Issued, Scopes};
use crate::answer::{self, Short};
use crate::app::App;
use crate::body::{Path, Unread};
use crate::problem::{Problem, Problems, Result};

/// The longest name in bytes.
const MAX_NAME_BYTES: usize = 64;
/// The longest life in seconds: ten years.
const MAX_SECONDS: u64 = 315_360_000;

fn token(row: TokenRow) -> Token {
    let scopes = Scopes::read(&row.scopes).iter().collect();
    Token { name: row.name, scopes, created: time(row.created), expires: row.expires.map(time) }
}

async fn listed(app: &App, caller: &Caller, tenant: Option<&TenantName>) -> Result<Response> {
    if let Some(tenant) = tenant {
        app.registry.tenant(tenant).await?;
    }
    let tokens = app.registry.store().for_administrators().tokens(tenant).await?;
    let tokens = Tokens { tokens: tokens.into_iter().map(token).collect() };
    answer::json(app, caller, &tokens)
}

async fn issued(
    app: &App,
    tenant: Option<&TenantName>,
    name: &str,
    request: TokenRequest,
    caller: &Caller,
) -> Result<Short<NewToken>> {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if name.is_empty() || name.len() > MAX_NAME_BYTES || !plain {
        return Err(Problem::invalid("a token's name has 1 to 64 letters, digits, dashes, dots and underscores"));
    }
    let scopes = Scopes::new(request.scopes);
    if scopes.is_empty() {
        return Err(Problem::invalid("a token needs a scope"));
    }
    caller.may_give(&scopes)?;
    let most = match tenant {
        Some(tenant) => Some(app.registry.tenant(tenant).await?.terms.tokens),
        None => None,
    };
    let by = caller.by();
    let expires = request.seconds.map(|seconds| lifetime(by.at, seconds)).transpose()?;
    let Issued { name, token } = app.tokens.issue(tenant, name, &scopes, expires, most, &by).await?;
    Ok(Short(NewToken { name, token }))
}

fn lifetime(from: SystemTime, seconds: u64) -> Result<SystemTime> {
    let end = from.checked_add(Duration::from_secs(seconds)).filter(|_| (1..=MAX_SECONDS).contains(&seconds));
    end.ok_or_else(|| Problem::invalid("`seconds` is between 1 and ten years"))
}

async fn revoked(app: &App, tenant: Option<&TenantName>, name: &str, caller: &Caller) -> Result<StatusCode> {
    if app.tokens.revoke(tenant, name, &caller.by()).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::not_found("there is no token of that name"))
}

/// List a tenant's tokens
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/tokens", tag = "tokens", params(("tenant" = String, Path)),
    responses((status = 200, body = Tokens), Problems)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
) -> Result<Response> {
    caller.may(Scope::Manage, &tenant).await?;
    listed(&app, &caller, Some(&tenant)).await
}

/// Make a token, in place of the one of that name
#[utoipa::path(
    put, path = "/v1/tenants/{tenant}/tokens/{name}", tag = "tokens", params(("tenant" = String, Path), ("name" = String, Path)),
    request_body = TokenRequest, responses((status = 200, body = NewToken), Problems)
)]
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, name)): Path<(TenantName, String)>,
    body: Unread,
) -> Result<Short<NewToken>> {
    caller.may(Scope::Manage, &tenant).await?;
    let (request, _paid): (TokenRequest, _) = body.json(&caller.payer()).await?;
    issued(&app, Some(&tenant), &name, request, &caller).await
}

/// End a token
#[utoipa::path(
    delete, path = "/v1/tenants/{tenant}/tokens/{name}", tag = "tokens", params(("tenant" = String, Path), ("name" = String, Path)),
    responses((status = 204, description = "Ended"), Problems)
)]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, name)): Path<(TenantName, String)>,
) -> Result<StatusCode> {
    caller.may(Scope::Manage, &tenant).await?;
    revoked(&app, Some(&tenant), &name, &caller).await
}

/// List the operator's tokens
#[utoipa::path(get, path = "/v1/tokens", tag = "tokens", responses((status = 200, body = Tokens), Problems))]
pub(crate) async fn list_operator(State(app): State<Arc<App>>, caller: Caller) -> Result<Response> {
    caller.may_operate(Scope::Manage)?;
    listed(&app, &caller, None).await
}

/// Make a token of the operator's
#[utoipa::path(
    put, path = "/v1/tokens/{name}", tag = "tokens", params(("name" = String, Path)), request_body = TokenRequest,
    responses((status = 200, body = NewToken), Problems)
)]
pub(crate) async fn put_operator(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
    body: Unread,
) -> Result<Short<NewToken>> {
    caller.may_operate(Scope::Manage)?;
    let (request, _paid): (TokenRequest, _) = body.json(&caller.payer()).await?;
    issued(&app, None, &name, request, &caller).await
}

/// End a token of the operator's
#[utoipa::path(
    delete, path = "/v1/tokens/{name}", tag = "tokens", params(("name" = String, Path)),
    responses((status = 204, description = "Ended"), Problems)
)]
pub(crate) async fn delete_operator(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<StatusCode> {
    caller.may_operate(Scope::Manage)?;
    revoked(&app, None, &name, &caller).await
}
