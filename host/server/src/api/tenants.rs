//! Tenants: the operator's resource.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use vestibule_api::{After, Scope, Tenant, TenantChange, Tenants};
use vestibule_domain::TenantName;
use vestibule_registry::{Error, TenantView};

use super::page;
use crate::access::Caller;
use crate::answer;
use crate::app::App;
use crate::body::{Path, Query, Unread};
use crate::problem::{Problem, Problems, Result};

fn tenant_of(view: TenantView) -> Tenant {
    let TenantView { name, settings, in_file, terms } = view;
    Tenant { name, settings: serde_json::to_value(settings).unwrap_or_default(), in_file, terms }
}

/// List tenants in the order of their names
#[utoipa::path(get, path = "/v1/tenants", tag = "tenants", params(After), responses((status = 200, body = Tenants), Problems))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(After { count, after }): Query<After>,
) -> Result<Response> {
    caller.may_operate(Scope::Read)?;
    let after = after.map(TenantName::new).transpose().map_err(|error| Problem::malformed(error.to_string()))?;
    let tenants = app.registry.tenants(after.as_ref(), page::count(count)?).await?;
    let tenants = Tenants { tenants: tenants.into_iter().map(tenant_of).collect() };
    answer::json(&app, &caller, &tenants)
}

/// Show a tenant
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}", tag = "tenants", params(("tenant" = String, Path)),
    responses((status = 200, body = Tenant), Problems)
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    answer::json(&app, &caller, &tenant_of(app.registry.tenant(&tenant).await?))
}

/// Make a tenant, or change its settings and terms
///
/// Its own token may change settings; terms are the operator's.
#[utoipa::path(
    put, path = "/v1/tenants/{tenant}", tag = "tenants", params(("tenant" = String, Path)), request_body = TenantChange,
    responses((status = 200, description = "Changed", body = Tenant), (status = 201, description = "Made", body = Tenant), Problems)
)]
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
    let changed = tenant_of(app.registry.tenant(&tenant).await?);
    Ok((status, answer::json(&app, &caller, &changed)?).into_response())
}

/// Remove a tenant with all that is its own
#[utoipa::path(
    delete, path = "/v1/tenants/{tenant}", tag = "tenants", params(("tenant" = String, Path)),
    responses((status = 204, description = "Removed"), Problems)
)]
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
