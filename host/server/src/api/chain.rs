//! The chain that decides: activated as a whole, in order, and taken back in one step.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use vestibule_domain::TenantName;
use vestibule_registry::plan::{Mode, Plan, PlannedLink, Trial};
use vestibule_registry::{Activation, TrialReport};
use vestibule_store::RevisionRow;

use super::page::{self, Before, time};
use super::policies::GrantsSchema;
use crate::access::{Caller, Scope};
use crate::answer::{self, Short};
use crate::app::App;
use crate::body::{Path, Query, Unread};
use crate::problem::{Problem, Problems, Result};

/// A version on trial.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrialJson {
    version: i64,
    mode: ModeJson,
    /// For a canary: how many of a hundred users, 1 to 99.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 99)]
    percent: Option<u8>,
}

/// `shadow`: it sees the same logins, and nothing follows. `canary`: it decides on some of the users, always the same ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ModeJson {
    Shadow,
    Canary,
}

/// One policy of a chain.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkJson {
    policy: String,
    version: i64,
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    grants: GrantsSchema,
    #[serde(skip_serializing_if = "Option::is_none")]
    trial: Option<TrialJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roll_back_after: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roll_back_within: Option<u32>,
}

/// A chain as it was activated.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Revision {
    /// 0 if none was ever activated.
    revision: i64,
    chain: Vec<LinkJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activated: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    note: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Revisions {
    revisions: Vec<Revision>,
}

/// One policy of a chain that is to be activated.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkRequest {
    policy: String,
    /// The newest, unless given.
    version: Option<i64>,
    /// The policy's, unless given.
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
    /// The policy's, unless given.
    grants: Option<GrantsSchema>,
    trial: Option<TrialJson>,
    /// After faults of this policy's own on so many users, an older revision is activated again, if there is one with the same policies.
    #[schema(minimum = 1, maximum = 10000)]
    roll_back_after: Option<u32>,
    /// Within so many seconds; an hour, unless given.
    #[schema(minimum = 1, maximum = 2592000)]
    roll_back_within: Option<u32>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActivateRequest {
    /// The revision that the caller has seen, 0 for none: a chain that somebody else has replaced meanwhile is left alone.
    expected: i64,
    /// In the order in which the policies run.
    chain: Vec<LinkRequest>,
    /// For whoever reads the list of revisions.
    #[serde(default)]
    #[schema(max_length = 500)]
    note: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RollBackRequest {
    /// The active revision, as the caller has seen it: a retry rolls nothing back twice.
    expected: i64,
    /// Which revision comes back; the one before, unless given.
    to: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Activated {
    /// The new active revision.
    revision: i64,
}

/// How a version on trial has done since the revision was activated, on all hosts together. What other hosts have seen comes some seconds
/// late.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrialAnswer {
    /// Logins on which a shadow was compared with the version that decides.
    compared: u64,
    /// Those on which they answered otherwise.
    different: u64,
    /// Those on which a shadow was not compared, because too many came at once.
    skipped: u64,
    /// Those on which the version on trial failed.
    faults: u64,
    /// The latest differences, newest last. Properties are named, values are not.
    #[schema(value_type = Vec<Object>)]
    differences: Value,
}

impl From<Trial> for TrialJson {
    fn from(trial: Trial) -> Self {
        let (mode, percent) = match trial.mode {
            Mode::Shadow => (ModeJson::Shadow, None),
            Mode::Canary { percent } => (ModeJson::Canary, Some(percent)),
        };
        Self { version: trial.version, mode, percent }
    }
}

impl TrialJson {
    fn read(self) -> Result<Trial> {
        let mode = match (self.mode, self.percent) {
            (ModeJson::Shadow, None) => Mode::Shadow,
            (ModeJson::Canary, Some(percent)) => Mode::Canary { percent },
            (ModeJson::Shadow, Some(_)) => return Err(Problem::invalid("a shadow takes no `percent`")),
            (ModeJson::Canary, None) => return Err(Problem::invalid("a canary needs `percent`")),
        };
        Ok(Trial { version: self.version, mode })
    }
}

impl From<PlannedLink> for LinkJson {
    fn from(link: PlannedLink) -> Self {
        let PlannedLink { policy, version, settings, grants, trial, roll_back_after, roll_back_within } = link;
        let (grants, trial) = (GrantsSchema(grants), trial.map(TrialJson::from));
        Self { policy, version, settings, grants, trial, roll_back_after, roll_back_within }
    }
}

fn revision(row: RevisionRow, plan: Plan) -> Revision {
    Revision {
        revision: row.number,
        chain: plan.0.into_iter().map(LinkJson::from).collect(),
        activated: Some(time(row.created)),
        actor: Some(row.actor),
        note: row.note,
    }
}

/// Show the active chain
#[utoipa::path(get, path = "/v1/tenants/{tenant}/chain", tag = "chain", params(("tenant" = String, Path)), responses((status = 200, body = Revision), Problems))]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    let none = || Revision { revision: 0, chain: Vec::new(), activated: None, actor: None, note: String::new() };
    let active = app.registry.active(&tenant).await?.map_or_else(none, |(row, plan)| revision(row, plan));
    answer::json(&app, &caller, &active)
}

/// Activate a chain
///
/// It decides on all logins that begin afterwards; those under way end as they began. Where the tenant's terms name signers, one of them
/// has to have signed each version, those on trial too: `unsigned` says which one is not, and uploading it with a signature signs it.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/chain", tag = "chain", params(("tenant" = String, Path)), request_body = ActivateRequest, responses((status = 200, body = Activated), Problems))]
pub(crate) async fn activate(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    body: Unread,
) -> Result<Short<Activated>> {
    caller.may(Scope::Manage, &tenant).await?;
    let (request, _paid): (ActivateRequest, _) = body.json(&caller.payer()).await?;
    if request.note.len() > 500 {
        return Err(Problem::invalid("`note` has at most 500 bytes"));
    }
    let chain = request.chain.into_iter().map(|link| {
        let LinkRequest { policy, version, settings, grants, trial, roll_back_after, roll_back_within } = link;
        let (grants, trial) = (grants.map(|GrantsSchema(grants)| grants), trial.map(TrialJson::read).transpose()?);
        Ok(Activation { policy, version, settings, grants, trial, roll_back_after, roll_back_within })
    });
    let chain = chain.collect::<Result<Vec<_>>>()?;
    let revision = app.registry.activate(&tenant, request.expected, chain, &request.note, &caller.by()).await?;
    Ok(Short(Activated { revision }))
}

/// List revisions, newest first
#[utoipa::path(get, path = "/v1/tenants/{tenant}/chain/revisions", tag = "chain", params(("tenant" = String, Path), Before), responses((status = 200, body = Revisions), Problems))]
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
#[utoipa::path(post, path = "/v1/tenants/{tenant}/chain/rollback", tag = "chain", params(("tenant" = String, Path)), request_body = RollBackRequest, responses((status = 200, body = Activated), Problems))]
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
#[utoipa::path(get, path = "/v1/tenants/{tenant}/chain/trials/{policy}", tag = "chain", params(("tenant" = String, Path), ("policy" = String, Path)), responses((status = 200, body = TrialAnswer), Problems))]
pub(crate) async fn trial(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy)): Path<(TenantName, String)>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    let TrialReport { compared, different, skipped, faults, differences } =
        app.registry.trial(&tenant, &policy).await?;
    let differences = serde_json::to_value(differences).unwrap_or_default();
    let trial = TrialAnswer { compared, different, skipped, faults, differences };
    answer::json(&app, &caller, &trial)
}
