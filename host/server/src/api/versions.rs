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
use vestibule_api::{Before, Reported, Scope, UploadQuery, Uploaded, Version, Versions};
use vestibule_domain::TenantName;
use vestibule_registry::{Upload, VersionView};

use super::page::{self, time};
use crate::access::Caller;
use crate::answer;
use crate::app::App;
use crate::body::{Path, Query, Unread};
use crate::problem::{Problem, Problems, Result};

/// What a download takes: the piece that waits for the client, and the next one, which is read meanwhile.
const DOWNLOAD_BYTES: u64 = 1 << 20;

fn version_of(view: VersionView) -> Version {
    let VersionView { policy, number, digest, source, bytes, manifest, created, actor, signers } = view;
    let (version, sha256, created, signed_by) = (number, digest, time(created), signers);
    Version { policy, version, sha256, source, bytes, manifest, created, actor, signed_by }
}

/// Upload a component as a new version, or a core module that was built for the contract's world
///
/// Of a core module the host makes a component first; that is what is stored. The same file again has the version that it has, and so has
/// the same component; to have another component made of a module, delete its version first. A signature by minisign, of the file as it is
/// uploaded, goes along as Base64 of the `.minisig` file, in the header `Vestibule-Signature`. Where the tenant's terms name signers it has
/// to be by one of them, and the version keeps who that was: a version that was stored before is signed by uploading it once more.
#[utoipa::path(
    post, path = "/v1/tenants/{tenant}/versions", tag = "policies",
    params(("tenant" = String, Path), UploadQuery, ("vestibule-signature" = Option<String>, Header)),
    request_body(content((Vec<u8> = "application/wasm"), (Vec<u8> = "application/octet-stream"))),
    responses(
        (status = 200, description = "Known already", body = Uploaded),
        (status = 201, description = "Stored", body = Uploaded),
        Problems,
    )
)]
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
    let uploaded = app.registry.upload(&tenant, upload, &caller.by()).await?;
    let status = if uploaded.new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, answer::json(&app, &caller, &uploaded)?).into_response())
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
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/policies/{policy}/versions", tag = "policies",
    params(("tenant" = String, Path), ("policy" = String, Path), Before), responses((status = 200, body = Versions), Problems)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy)): Path<(TenantName, String)>,
    Query(Before { count, before }): Query<Before>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    let (count, before) = (page::count(count.or(Some(page::MOST)))?, page::number(before)?);
    let versions = app.registry.versions(&tenant, &policy, count, before).await?;
    let versions = Versions { versions: versions.into_iter().map(version_of).collect() };
    answer::json(&app, &caller, &versions)
}

/// Show a version
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/policies/{policy}/versions/{version}", tag = "policies",
    params(("tenant" = String, Path), ("policy" = String, Path), ("version" = i64, Path)),
    responses((status = 200, body = Version), Problems)
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy, version)): Path<(TenantName, String, i64)>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    answer::json(&app, &caller, &version_of(app.registry.version(&tenant, &policy, version).await?))
}

/// Download a version's component
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/policies/{policy}/versions/{version}/component", tag = "policies",
    params(("tenant" = String, Path), ("policy" = String, Path), ("version" = i64, Path)),
    responses((status = 200, description = "The component", body = Vec<u8>, content_type = "application/wasm"), Problems)
)]
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
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/policies/{policy}/versions/{version}/report", tag = "policies",
    params(("tenant" = String, Path), ("policy" = String, Path), ("version" = i64, Path)),
    responses((status = 200, body = Reported), Problems)
)]
pub(crate) async fn report(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy, version)): Path<(TenantName, String, i64)>,
) -> Result<Response> {
    caller.may(Scope::Read, &tenant).await?;
    let report = app.registry.report(&tenant, &policy, version).await?;
    let difference = app.registry.since_active(&tenant, &policy, &report).await?;
    answer::json(&app, &caller, &Reported { report, difference })
}

/// Remove a version that is not active
#[utoipa::path(
    delete, path = "/v1/tenants/{tenant}/policies/{policy}/versions/{version}", tag = "policies",
    params(("tenant" = String, Path), ("policy" = String, Path), ("version" = i64, Path)),
    responses((status = 204, description = "Removed"), Problems)
)]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, policy, version)): Path<(TenantName, String, i64)>,
) -> Result<StatusCode> {
    caller.may(Scope::Manage, &tenant).await?;
    app.registry.delete_version(&tenant, &policy, version, &caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
