//! Policies: what the next activation takes of settings and grants.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use vestibule_domain::{Grants, TenantName};
use vestibule_registry::PolicyView;
use vestibule_store::Page;

use super::page;
use crate::access::{Caller, Scope};
use crate::answer;
use crate::app::App;
use crate::body::{Path, Query, Unread};
use crate::problem::{Problems, Result};

/// A policy.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Policy {
    name: String,
    /// Its settings, without secrets. The active chain has its own copy.
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    /// What it is granted. The active chain has its own copy.
    grants: GrantsSchema,
    /// Its newest version.
    #[serde(skip_serializing_if = "Option::is_none")]
    latest: Option<i64>,
}

/// What a tenant grants a policy.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub(crate) struct GrantsSchema(pub(crate) Grants);

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Policies {
    policies: Vec<Policy>,
    /// What to give as `after` to get the next ones; left out at the end of the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which policies.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct After {
    /// How many at most, 1 to 1000; 100 unless given. There are fewer where settings are long: `next` says whether more follow.
    #[param(minimum = 1, maximum = 1000)]
    count: Option<u32>,
    /// Only those after this name, which none has to have.
    after: Option<String>,
}

/// What to change of a policy; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyChange {
    /// All of its settings; those that are left out have their defaults.
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
    /// All of its grants.
    grants: Option<GrantsSchema>,
}

impl From<PolicyView> for Policy {
    fn from(view: PolicyView) -> Self {
        let PolicyView { name, settings, grants, latest } = view;
        Self { name, settings, grants: GrantsSchema(grants), latest }
    }
}

/// List policies, in the order of their names
#[utoipa::path(get, path = "/v1/tenants/{tenant}/policies", tag = "policies", params(("tenant" = String, Path), After), responses((status = 200, body = Policies), Problems))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    Query(After { count, after }): Query<After>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    let (app, caller, tenant, after) = (&app, &caller, &tenant, after.as_deref());
    page::fitting(page::count(count)?, |count| async move {
        let Page { rows, next } = app.registry.policies(tenant, count, after).await?;
        answer::json(app, caller, &Policies { policies: rows.into_iter().map(Policy::from).collect(), next })
    })
    .await
}

/// Show a policy
#[utoipa::path(get, path = "/v1/tenants/{tenant}/policies/{policy}", tag = "policies", params(("tenant" = String, Path), ("policy" = String, Path)), responses((status = 200, body = Policy), Problems))]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy)): Path<(TenantName, String)>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    answer::json(&app, &caller, &Policy::from(app.registry.policy(&tenant, &policy).await?))
}

/// Change a policy's settings and grants, for the next activation
#[utoipa::path(put, path = "/v1/tenants/{tenant}/policies/{policy}", tag = "policies", params(("tenant" = String, Path), ("policy" = String, Path)),
    request_body = PolicyChange, responses((status = 200, body = Policy), Problems))]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy)): Path<(TenantName, String)>,
    body: Unread,
) -> Result<Response> {
    caller.may(Scope::Manage, &tenant).await?;
    let (PolicyChange { settings, grants }, _paid) = body.json(&caller.payer()).await?;
    let grants = grants.map(|GrantsSchema(grants)| grants);
    app.registry.set_policy(&tenant, &policy, settings.as_ref(), grants.as_ref(), &caller.by()).await?;
    answer::json(&app, &caller, &Policy::from(app.registry.policy(&tenant, &policy).await?))
}

/// Remove a policy of which no version is active
#[utoipa::path(delete, path = "/v1/tenants/{tenant}/policies/{policy}", tag = "policies", params(("tenant" = String, Path), ("policy" = String, Path)),
    responses((status = 204, description = "Removed"), Problems))]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy)): Path<(TenantName, String)>,
) -> Result<StatusCode> {
    caller.may(Scope::Manage, &tenant).await?;
    app.registry.delete_policy(&tenant, &policy, &caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
