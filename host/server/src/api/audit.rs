//! Who changed what, when, and from where.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_domain::TenantName;
use vestibule_store::AuditRow;

use super::page::{self, Before, time};
use crate::access::{Caller, Scope};
use crate::answer;
use crate::app::App;
use crate::body::{Path, Query};
use crate::problem::{Problems, Result};

/// One change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Change {
    id: String,
    at: String,
    actor: String,
    origin: String,
    action: String,
    target: String,
    detail: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Changes {
    changes: Vec<Change>,
    /// What to give as `before` for the next page; absent after the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl From<AuditRow> for Change {
    fn from(row: AuditRow) -> Self {
        let AuditRow { id, at, actor, origin, action, target, detail } = row;
        Self { id, at: time(at), actor, origin, action, target, detail }
    }
}

async fn listed(
    app: &App,
    caller: &Caller,
    tenant: Option<&TenantName>,
    Before { count, before }: Before,
) -> Result<Response> {
    if let Some(tenant) = tenant {
        app.registry.tenant(tenant).await?;
    }
    let (store, before) = (&app.registry.store().for_administrators(), before.as_deref());
    page::fitting(page::count(count)?, |count| async move {
        let page = store.last_audits(tenant, count, before).await?;
        let changes = Changes { changes: page.rows.into_iter().map(Change::from).collect(), next: page.next };
        answer::json(app, caller, &changes)
    })
    .await
}

/// List a tenant's changes, newest first
#[utoipa::path(get, path = "/v1/tenants/{tenant}/audit", tag = "audit", params(("tenant" = String, Path), Before), responses((status = 200, body = Changes), Problems))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    Query(page): Query<Before>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    listed(&app, &caller, Some(&tenant), page).await
}

/// List the operator's changes, newest first
#[utoipa::path(get, path = "/v1/audit", tag = "audit", params(Before), responses((status = 200, body = Changes), Problems))]
pub(crate) async fn list_operator(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(page): Query<Before>,
) -> Result<Response> {
    caller.may_operate(Scope::Read)?;
    listed(&app, &caller, None, page).await
}
