//! Who changed what, when, and from where.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use vestibule_api::{AuditEntries, AuditEntry, Before, Scope};
use vestibule_domain::TenantName;
use vestibule_store::AuditRow;

use super::page::{self, time};
use crate::access::Caller;
use crate::answer;
use crate::app::App;
use crate::body::{Path, Query};
use crate::problem::{Problems, Result};

fn entry(row: AuditRow) -> AuditEntry {
    let AuditRow { id, at, actor, origin, action, target, detail } = row;
    AuditEntry { id, at: time(at), actor, origin, action, target, detail }
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
        let changes = AuditEntries { changes: page.rows.into_iter().map(entry).collect(), next: page.next };
        answer::json(app, caller, &changes)
    })
    .await
}

/// List a tenant's changes, newest first
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/audit", tag = "audit", params(("tenant" = String, Path), Before),
    responses((status = 200, body = AuditEntries), Problems)
)]
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
#[utoipa::path(get, path = "/v1/audit", tag = "audit", params(Before), responses((status = 200, body = AuditEntries), Problems))]
pub(crate) async fn list_operator(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(page): Query<Before>,
) -> Result<Response> {
    caller.may_operate(Scope::Read)?;
    listed(&app, &caller, None, page).await
}
