//! Secrets of policies: written, never read.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_api::{Scope, SecretName, SecretNames, SecretValue};
use vestibule_domain::TenantName;

use super::page::time;
use crate::access::Caller;
use crate::answer;
use crate::app::App;
use crate::body::{Path, Unread};
use crate::problem::{Problems, Result};

/// List the names of a policy's secrets
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/policies/{policy}/secrets", tag = "policies",
    params(("tenant" = String, Path), ("policy" = String, Path)), responses((status = 200, body = SecretNames), Problems)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy)): Path<(TenantName, String)>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    let names = app.registry.secrets(&tenant, &policy).await?;
    let secrets = names.into_iter().map(|(name, changed)| SecretName { name, changed: time(changed) }).collect();
    answer::json(&app, &caller, &SecretNames { secrets })
}

/// Set a secret, which counts from the next login on
#[utoipa::path(
    put, path = "/v1/tenants/{tenant}/policies/{policy}/secrets/{name}", tag = "policies",
    params(("tenant" = String, Path), ("policy" = String, Path), ("name" = String, Path)), request_body = SecretValue,
    responses((status = 204, description = "Set"), Problems)
)]
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy, name)): Path<(TenantName, String, String)>,
    body: Unread,
) -> Result<StatusCode> {
    caller.may(Scope::Manage, &tenant).await?;
    let (SecretValue { value }, _paid) = body.json(&caller.payer()).await?;
    app.registry.put_secret(&tenant, &policy, &name, &value, &caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a secret
#[utoipa::path(
    delete, path = "/v1/tenants/{tenant}/policies/{policy}/secrets/{name}", tag = "policies",
    params(("tenant" = String, Path), ("policy" = String, Path), ("name" = String, Path)),
    responses((status = 204, description = "Removed"), Problems)
)]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy, name)): Path<(TenantName, String, String)>,
) -> Result<StatusCode> {
    caller.may(Scope::Manage, &tenant).await?;
    app.registry.delete_secret(&tenant, &policy, &name, &caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
