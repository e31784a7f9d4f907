//! Tenants: the operator's resource.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use vestibule_domain::TenantName;
use vestibule_registry::{Error, TenantView, Terms};

use super::page;
use crate::access::{Caller, Scope};
use crate::answer;
use crate::app::App;
use crate::body::{Path, Query, Unread};
use crate::problem::{Problems, Result};

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tenant {
    #[schema(value_type = String)]
    name: TenantName,
    /// How its users log in: the keys of a tenant's table in `vestibule.toml`. Secrets are stars.
    #[schema(value_type = Object)]
    settings: Value,
    /// Whether the settings stand in the configuration file and cannot be changed here.
    in_file: bool,
    /// Quotas and limits.
    #[schema(value_type = Object)]
    terms: Terms,
}

/// What to make or change of a tenant; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantChange {
    /// All of the settings; keys that are left out have their defaults.
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
    /// All of the terms; keys that are left out have their defaults.
    #[schema(value_type = Option<Object>)]
    terms: Option<Terms>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tenants {
    tenants: Vec<Tenant>,
}

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct After {
    /// How many, 1 to 1000; 100 unless given.
    #[param(minimum = 1, maximum = 1000)]
    count: Option<u32>,
    /// Only those after this name.
    #[param(value_type = Option<String>)]
    after: Option<TenantName>,
}

impl From<TenantView> for Tenant {
    fn from(view: TenantView) -> Self {
        let TenantView { name, settings, in_file, terms } = view;
        Self { name, settings: serde_json::to_value(settings).unwrap_or_default(), in_file, terms }
    }
}

/// List tenants in the order of their names
#[utoipa::path(get, path = "/v1/tenants", tag = "tenants", params(After), responses((status = 200, body = Tenants), Problems))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(After { count, after }): Query<After>,
) -> Result<Response> {
    caller.may_operate(Scope::Read)?;
    let tenants = app.registry.tenants(after.as_ref(), page::count(count)?).await?;
    let tenants = Tenants { tenants: tenants.into_iter().map(Tenant::from).collect() };
    answer::json(&app, &caller, &tenants)
}

/// Show a tenant
#[utoipa::path(get, path = "/v1/tenants/{tenant}", tag = "tenants", params(("tenant" = String, Path)), responses((status = 200, body = Tenant), Problems))]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    answer::json(&app, &caller, &Tenant::from(app.registry.tenant(&tenant).await?))
}

/// Make a tenant, or change its settings and terms
///
/// Its own token may change settings; terms are the operator's.
#[utoipa::path(put, path = "/v1/tenants/{tenant}", tag = "tenants", params(("tenant" = String, Path)), request_body = TenantChange,
    responses((status = 200, description = "Changed", body = Tenant), (status = 201, description = "Made", body = Tenant), Problems))]
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    body: Unread,
) -> Result<Response> {
    caller.may(Scope::Manage, &tenant).await?;
    let (change, _paid): (TenantChange, _) = body.json(&caller.payer()).await?;
    if change.terms.is_some() {
        caller.may_operate(Scope::Manage)?;
    }
    let TenantChange { settings, terms } = change;
    let changed = app.registry.set_tenant(&tenant, settings.as_ref(), terms.as_ref(), caller.who(), &caller.by()).await;
    let status = match changed {
        Err(Error::NoTenant(_)) if caller.may_operate(Scope::Manage).is_ok() => {
            let (settings, terms) = (settings.unwrap_or_default(), terms.unwrap_or_default());
            app.registry.create_tenant(&tenant, &settings, &terms, &caller.by()).await?;
            StatusCode::CREATED
        }
        changed => {
            changed?;
            StatusCode::OK
        }
    };
    let changed = Tenant::from(app.registry.tenant(&tenant).await?);
    Ok((status, answer::json(&app, &caller, &changed)?).into_response())
}

/// Remove a tenant with all that is its own
#[utoipa::path(delete, path = "/v1/tenants/{tenant}", tag = "tenants", params(("tenant" = String, Path)), responses((status = 204, description = "Removed"), Problems))]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
) -> Result<StatusCode> {
    caller.may(Scope::Manage, &tenant).await?;
    caller.may_operate(Scope::Manage)?;
    app.registry.delete_tenant(&tenant, &caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
