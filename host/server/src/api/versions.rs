//! Versions of policies: uploaded, looked at, and never changed.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use vestibule_domain::TenantName;
use vestibule_registry::report::{Change, Report};
use vestibule_registry::{Upload, Uploaded, VersionView};

use super::page::{self, Before, time};
use crate::access::{Caller, Scope};
use crate::answer;
use crate::app::App;
use crate::body::{Path, Query, Unread};
use crate::problem::{Problem, Problems, Result};

/// What a download takes: the piece that waits for the client, and the next one, which is read meanwhile.
const DOWNLOAD_BYTES: u64 = 1 << 20;

/// A version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Version {
    policy: String,
    version: i64,
    /// The SHA-256 of its component.
    sha256: String,
    /// The SHA-256 of the file that was uploaded: another one where that was a core module. What an older release has stored has the
    /// component's.
    source: String,
    /// The size of its component.
    bytes: u64,
    /// What it says of itself.
    #[schema(value_type = Object)]
    manifest: Value,
    created: String,
    /// Who uploaded it.
    actor: String,
    /// The minisign public keys that were among the terms' signers when it was uploaded with their signatures. One of the terms' present
    /// signers has to be among them when it is activated.
    signed_by: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Versions {
    versions: Vec<Version>,
}

/// What a policy may do, in words.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InWords {
    can: Vec<String>,
    cannot: Vec<String>,
    asks_for: Vec<String>,
    refused_imports: Vec<String>,
    settings: Vec<String>,
}

/// How it differs from the active version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Difference {
    /// The active version's number.
    active: i64,
    /// What is said of this version only.
    added: Vec<String>,
    /// What is said of the active version only.
    removed: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reported {
    report: InWords,
    /// Absent if no version of the policy is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<Difference>,
}

/// What became of an upload.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadAnswer {
    policy: String,
    version: i64,
    /// Whether neither the file nor its component was known before.
    new: bool,
    /// Whether the component was made of an uploaded core module.
    from_module: bool,
    /// The SHA-256 of the component, also where a core module was uploaded.
    sha256: String,
    /// The SHA-256 of the file that was uploaded.
    source: String,
    #[schema(value_type = Object)]
    manifest: Value,
    #[serde(flatten)]
    reported: Reported,
}

/// How to take an upload.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadQuery {
    /// What to call the policy; what its manifest says, unless given.
    #[param(max_length = 64, pattern = "^[a-z0-9-]+$")]
    name: Option<String>,
}

impl From<Report> for InWords {
    fn from(report: Report) -> Self {
        let Report { can, cannot, asks_for, refused_imports, settings } = report;
        Self { can, cannot, asks_for, refused_imports, settings }
    }
}

fn reported(report: Report, since: Option<(i64, Change)>) -> Reported {
    let difference = since.map(|(active, Change { added, removed })| Difference { active, added, removed });
    Reported { report: report.into(), difference }
}

impl From<VersionView> for Version {
    fn from(view: VersionView) -> Self {
        let VersionView { policy, number, digest, source, bytes, manifest, created, actor, signers } = view;
        let manifest = manifest.and_then(|manifest| serde_json::to_value(manifest).ok()).unwrap_or_default();
        let (version, sha256, created, signed_by) = (number, digest, time(created), signers);
        Self { policy, version, sha256, source, bytes, manifest, created, actor, signed_by }
    }
}

/// Upload a component as a new version, or a core module that was built for the contract's world
///
/// Of a core module the host makes a component first; that is what is stored. The same file again has the version that it has, and so has
/// the same component; to have another component made of a module, delete its version first. A signature by minisign, of the file as it is uploaded, goes along as Base64 of the `.minisig` file, in the header
/// `Vestibule-Signature`. Where the tenant's terms name signers it has to be by one of them, and the version keeps who that was: a version
/// that was stored before is signed by uploading it once more.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/versions", tag = "policies", params(("tenant" = String, Path), UploadQuery, ("vestibule-signature" = Option<String>, Header)),
    request_body(content((Vec<u8> = "application/wasm"), (Vec<u8> = "application/octet-stream"))),
    responses((status = 200, description = "Known already", body = UploadAnswer), (status = 201, description = "Stored", body = UploadAnswer), Problems))]
pub(crate) async fn upload(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    Query(UploadQuery { name }): Query<UploadQuery>,
    headers: HeaderMap,
    body: Unread,
) -> Result<Response> {
    caller.may(Scope::Manage, &tenant).await?;
    ensure_wasm(&headers)?;
    let signature = headers.get("vestibule-signature").map(|header| signature(header.as_bytes())).transpose()?;
    let payer = caller.payer();
    let spooled = app.spool.receive(&payer, body).await?;
    let component = app.spool.whole(&payer, spooled).await?;
    let upload = Upload { name: name.as_deref(), wasm: &component.wasm, signature: signature.as_deref() };
    let Uploaded { policy, version, new, from_module, digest, source, manifest, report, since } =
        app.registry.upload(&tenant, upload, &caller.by()).await?;
    let manifest = serde_json::to_value(manifest).unwrap_or_default();
    let (sha256, reported) = (digest, reported(report, since));
    let answer = UploadAnswer { policy, version, new, from_module, sha256, source, manifest, reported };
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, answer::json(&app, &caller, &answer)?).into_response())
}

fn ensure_wasm(headers: &HeaderMap) -> Result<()> {
    match headers.get(CONTENT_TYPE).map(|value| value.as_bytes()) {
        Some(b"application/wasm" | b"application/octet-stream") => Ok(()),
        _ => Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-wasm", "the body has to be `application/wasm`")),
    }
}

fn signature(header: &[u8]) -> Result<String> {
    let text = STANDARD.decode(header).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| Problem::invalid("`Vestibule-Signature` is not Base64 of a text"))
}

/// List a policy's versions, newest first
#[utoipa::path(get, path = "/v1/tenants/{tenant}/policies/{policy}/versions", tag = "policies", params(("tenant" = String, Path), ("policy" = String, Path), Before),
    responses((status = 200, body = Versions), Problems))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy)): Path<(TenantName, String)>,
    Query(Before { count, before }): Query<Before>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    let (count, before) = (page::count(count.or(Some(page::MOST)))?, page::number(before)?);
    let versions = app.registry.versions(&tenant, &policy, count, before).await?;
    let versions = Versions { versions: versions.into_iter().map(Version::from).collect() };
    answer::json(&app, &caller, &versions)
}

/// Show a version
#[utoipa::path(get, path = "/v1/tenants/{tenant}/policies/{policy}/versions/{version}", tag = "policies",
    params(("tenant" = String, Path), ("policy" = String, Path), ("version" = i64, Path)), responses((status = 200, body = Version), Problems))]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy, version)): Path<(TenantName, String, i64)>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    answer::json(&app, &caller, &Version::from(app.registry.version(&tenant, &policy, version).await?))
}

/// Download a version's component
#[utoipa::path(get, path = "/v1/tenants/{tenant}/policies/{policy}/versions/{version}/component", tag = "policies",
    params(("tenant" = String, Path), ("policy" = String, Path), ("version" = i64, Path)),
    responses((status = 200, description = "The component", body = Vec<u8>, content_type = "application/wasm"), Problems))]
pub(crate) async fn component(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy, version)): Path<(TenantName, String, i64)>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    let view = app.registry.version(&tenant, &policy, version).await?;
    let component = app.registry.store().for_administrators().component(&tenant, &view.digest).await?;
    let component = component.ok_or_else(|| Problem::not_found("the component is gone"))?;
    let paid = Arc::new(app.ledger.answers().take(&caller.payer(), DOWNLOAD_BYTES)?);
    let headers =
        [(CONTENT_TYPE, HeaderValue::from_static("application/wasm")), (CONTENT_LENGTH, component.bytes().into())];
    let pieces = stream::try_unfold(component, move |mut component| {
        let paid = Arc::clone(&paid);
        async move {
            let piece = component.next().await?;
            Ok::<_, vestibule_store::Error>(piece.map(|piece| (answer::held(piece, paid), component)))
        }
    });
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// What a version may do, and how that differs from the active one
#[utoipa::path(get, path = "/v1/tenants/{tenant}/policies/{policy}/versions/{version}/report", tag = "policies",
    params(("tenant" = String, Path), ("policy" = String, Path), ("version" = i64, Path)), responses((status = 200, body = Reported), Problems))]
pub(crate) async fn report(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy, version)): Path<(TenantName, String, i64)>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    let report = app.registry.report(&tenant, &policy, version).await?;
    let since = app.registry.since_active(&tenant, &policy, &report).await?;
    answer::json(&app, &caller, &reported(report, since))
}

/// Remove a version that is not active
#[utoipa::path(delete, path = "/v1/tenants/{tenant}/policies/{policy}/versions/{version}", tag = "policies",
    params(("tenant" = String, Path), ("policy" = String, Path), ("version" = i64, Path)), responses((status = 204, description = "Removed"), Problems))]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy, version)): Path<(TenantName, String, i64)>,
) -> Result<StatusCode> {
    caller.may(Scope::Manage, &tenant).await?;
    app.registry.delete_version(&tenant, &policy, version, &caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
