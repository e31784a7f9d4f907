//! The chain that decides: activated as a whole, in order, and taken back in one step.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use vestibule_api::{ActivateRequest, Activated, Before, Revision, Revisions, RollBackRequest, Scope, TrialReport};
use vestibule_domain::TenantName;
use vestibule_registry::plan::Plan;
use vestibule_store::RevisionRow;

use super::page::{self, time};
use crate::access::Caller;
use crate::answer::{self, Short};
use crate::app::App;
use crate::body::{Path, Query, Unread};
use crate::problem::{Problem, Problems, Result};

fn revision(row: RevisionRow, plan: Plan) -> Revision {
    Revision {
        revision: row.number,
        chain: plan.0,
        activated: Some(time(row.created)),
        actor: Some(row.actor),
        note: row.note,
    }
}

/// Show the active chain
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/chain", tag = "chain", params(("tenant" = String, Path)),
    responses((status = 200, body = Revision), Problems)
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    let active = app.registry.active(&tenant).await?.map(|(row, plan)| revision(row, plan));
    answer::json(&app, &caller, &active.unwrap_or_default())
}

/// Activate a chain
///
/// It decides on all logins that begin afterwards; those under way end as they began. Where the tenant's terms name signers, one of them
/// has to have signed each version, those on trial too: `unsigned` says which one is not, and uploading it with a signature signs it.
#[utoipa::path(
    put, path = "/v1/tenants/{tenant}/chain", tag = "chain", params(("tenant" = String, Path)), request_body = ActivateRequest,
    responses((status = 200, body = Activated), Problems)
)]
pub(crate) async fn activate(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    body: Unread,
) -> Result<Short<Activated>> {
    caller.may(Scope::Manage, &tenant).await?;
    let (ActivateRequest { expected, chain, note }, _paid) = body.json(&caller.payer()).await?;
    if note.len() > 500 {
        return Err(Problem::invalid("`note` has at most 500 bytes"));
    }
    let revision = app.registry.activate(&tenant, expected, chain, &note, &caller.by()).await?;
    Ok(Short(Activated { revision }))
}

/// List revisions, newest first
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/chain/revisions", tag = "chain", params(("tenant" = String, Path), Before),
    responses((status = 200, body = Revisions), Problems)
)]
pub(crate) async fn revisions(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    Query(Before { count, before }): Query<Before>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    app.registry.tenant(&tenant).await?;
    let store = app.registry.store().for_administrators();
    let rows = store.revisions(&tenant, page::count(count)?, page::number(before)?).await?;
    let revisions = rows.into_iter().map(|row| {
        let plan = Plan::read(&row.links)?;
        Ok(revision(row, plan))
    });
    let revisions = Revisions { revisions: revisions.collect::<Result<_>>()? };
    answer::json(&app, &caller, &revisions)
}

/// Bring an older revision back
///
/// Its versions have to be signed as if it were new: `unsigned` says which one is not.
#[utoipa::path(
    post, path = "/v1/tenants/{tenant}/chain/rollback", tag = "chain", params(("tenant" = String, Path)), request_body = RollBackRequest,
    responses((status = 200, body = Activated), Problems)
)]
pub(crate) async fn roll_back(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    body: Unread,
) -> Result<Short<Activated>> {
    caller.may(Scope::Manage, &tenant).await?;
    let (RollBackRequest { expected, to }, _paid) = body.json(&caller.payer()).await?;
    let revision = app.registry.roll_back(&tenant, to, expected, &caller.by()).await?;
    Ok(Short(Activated { revision }))
}

/// How a version on trial has done
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/chain/trials/{policy}", tag = "chain", params(("tenant" = String, Path), ("policy" = String, Path)),
    responses((status = 200, body = TrialReport), Problems)
)]
pub(crate) async fn trial(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy)): Path<(TenantName, String)>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    answer::json(&app, &caller, &app.registry.trial(&tenant, &policy).await?)
}
