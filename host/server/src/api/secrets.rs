//! Secrets of policies: written, never read.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_domain::{Secret, TenantName};

use super::page::time;
use crate::access::{Caller, Scope};
use crate::answer;
use crate::app::App;
use crate::body::{Path, Unread};
use crate::problem::{Problems, Result};

/// A secret's name. Its value cannot be read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecretName {
    name: String,
    /// When it was set.
    changed: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecretNames {
    secrets: Vec<SecretName>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretValue {
    #[schema(value_type = String, min_length = 1, max_length = 16384)]
    value: Secret,
}

/// List the names of a policy's secrets
#[utoipa::path(get, path = "/v1/tenants/{tenant}/policies/{policy}/secrets", tag = "policies", params(("tenant" = String, Path), ("policy" = String, Path)),
    responses((status = 200, body = SecretNames), Problems))]
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
#[utoipa::path(put, path = "/v1/tenants/{tenant}/policies/{policy}/secrets/{name}", tag = "policies",
    params(("tenant" = String, Path), ("policy" = String, Path), ("name" = String, Path)), request_body = SecretValue, responses((status = 204, description = "Set"), Problems))]
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
#[utoipa::path(delete, path = "/v1/tenants/{tenant}/policies/{policy}/secrets/{name}", tag = "policies",
    params(("tenant" = String, Path), ("policy" = String, Path), ("name" = String, Path)), responses((status = 204, description = "Removed"), Problems))]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy, name)): Path<(TenantName, String, String)>,
) -> Result<StatusCode> {
    caller.may(Scope::Manage, &tenant).await?;
    app.registry.delete_secret(&tenant, &policy, &name, &caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
