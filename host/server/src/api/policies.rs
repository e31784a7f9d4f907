//! Policies: what the next activation takes of settings and grants.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_api::{After, Policies, Policy, PolicyChange, Scope};
use vestibule_domain::TenantName;
use vestibule_store::Page;

use super::page;
use crate::access::Caller;
use crate::answer;
use crate::app::App;
use crate::body::{Path, Query, Unread};
use crate::problem::{Problems, Result};

/// List policies, in the order of their names
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/policies", tag = "policies", params(("tenant" = String, Path), After),
    responses((status = 200, body = Policies), Problems)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    Query(After { count, after }): Query<After>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    let (app, caller, tenant, after) = (&app, &caller, &tenant, after.as_deref());
    page::fitting(page::count(count)?, |count| async move {
        let Page { rows: policies, next } = app.registry.policies(tenant, count, after).await?;
        answer::json(app, caller, &Policies { policies, next })
    })
    .await
}

/// Show a policy
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/policies/{policy}", tag = "policies", params(("tenant" = String, Path), ("policy" = String, Path)),
    responses((status = 200, body = Policy), Problems)
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy)): Path<(TenantName, String)>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    answer::json(&app, &caller, &app.registry.policy(&tenant, &policy).await?)
}

/// Change a policy's settings and grants, for the next activation
#[utoipa::path(
    put, path = "/v1/tenants/{tenant}/policies/{policy}", tag = "policies", params(("tenant" = String, Path), ("policy" = String, Path)),
    request_body = PolicyChange, responses((status = 200, body = Policy), Problems)
)]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy)): Path<(TenantName, String)>,
    body: Unread,
) -> Result<Response> {
    caller.may(Scope::Manage, &tenant).await?;
    let (PolicyChange { settings, grants }, _paid) = body.json(&caller.payer()).await?;
    app.registry.set_policy(&tenant, &policy, settings.as_ref(), grants.as_ref(), &caller.by()).await?;
    answer::json(&app, &caller, &app.registry.policy(&tenant, &policy).await?)
}

/// Remove a policy of which no version is active
#[utoipa::path(
    delete, path = "/v1/tenants/{tenant}/policies/{policy}", tag = "policies", params(("tenant" = String, Path), ("policy" = String, Path)),
    responses((status = 204, description = "Removed"), Problems)
)]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy)): Path<(TenantName, String)>,
) -> Result<StatusCode> {
    caller.may(Scope::Manage, &tenant).await?;
    app.registry.delete_policy(&tenant, &policy, &caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
