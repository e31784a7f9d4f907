//! Users and groups: their properties, and users' local passwords.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_api::{Password, Profile, ProfileChange, ProfileFilter, Profiles, Scope};
use vestibule_domain::profile::Kind;
use vestibule_domain::{CanonicalUser, EnteredUser, TenantName};
use vestibule_store::{self as store, ProfilePage};

use super::page;
use crate::access::Caller;
use crate::answer;
use crate::app::App;
use crate::body::{Path, Query, Unread};
use crate::problem::{Problem, Problems, Result};

async fn list(app: &App, caller: &Caller, tenant: &TenantName, kind: Kind, filter: ProfileFilter) -> Result<Response> {
    caller.may(Scope::Read, tenant).await?;
    let ProfileFilter { prefix, count, after } = filter;
    let (filter, after) = (&store::ProfileFilter { kind, prefix }, after.as_ref().map(CanonicalUser::as_str));
    page::fitting(page::count(count)?, |count| async move {
        let ProfilePage { profiles, next } = app.registry.profiles(tenant, filter, count, after).await?;
        answer::json(app, caller, &Profiles { profiles, next })
    })
    .await
}

async fn show(app: &App, caller: &Caller, tenant: &TenantName, kind: Kind, name: String) -> Result<Response> {
    caller.may(Scope::Read, tenant).await?;
    let name = normal(name);
    let properties = app.registry.profile(tenant, kind, &name).await?;
    answer::json(app, caller, &Profile { name, properties })
}

async fn change(
    app: &App,
    caller: &Caller,
    tenant: &TenantName,
    kind: Kind,
    name: String,
    body: Unread,
) -> Result<Response> {
    caller.may(Scope::Manage, tenant).await?;
    let name = normal(name);
    let (ProfileChange { set, remove }, _paid) = body.json(&caller.payer()).await?;
    app.registry.change_profile(tenant, kind, &name, &set, &remove, &caller.by()).await?;
    let properties = app.registry.profile(tenant, kind, &name).await?;
    answer::json(app, caller, &Profile { name, properties })
}

async fn delete(app: &App, caller: &Caller, tenant: &TenantName, kind: Kind, name: String) -> Result<StatusCode> {
    caller.may(Scope::Manage, tenant).await?;
    app.registry.delete_profile(tenant, kind, &normal(name), &caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A name as records have it. What cannot be one is nobody's, and is refused where it is to be somebody's.
fn normal(name: String) -> String {
    CanonicalUser::new(name.as_str()).map_or(name, String::from)
}

/// List users in the order of their names; `__DEFAULT__` is the record that everybody inherits from
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/users", tag = "users", params(("tenant" = String, Path), ProfileFilter),
    responses((status = 200, body = Profiles), Problems)
)]
pub(crate) async fn list_users(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    Query(filter): Query<ProfileFilter>,
) -> Result<Response> {
    list(&app, &caller, &tenant, Kind::User, filter).await
}

/// Show a user
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/users/{user}", tag = "users", params(("tenant" = String, Path), ("user" = String, Path)),
    responses((status = 200, body = Profile), Problems)
)]
pub(crate) async fn show_user(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, user)): Path<(TenantName, String)>,
) -> Result<Response> {
    show(&app, &caller, &tenant, Kind::User, user).await
}

/// Set and remove properties of a user, and make the user if there is none
#[utoipa::path(
    patch, path = "/v1/tenants/{tenant}/users/{user}", tag = "users", params(("tenant" = String, Path), ("user" = String, Path)),
    request_body = ProfileChange, responses((status = 200, body = Profile), Problems)
)]
pub(crate) async fn change_user(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, user)): Path<(TenantName, String)>,
    body: Unread,
) -> Result<Response> {
    change(&app, &caller, &tenant, Kind::User, user, body).await
}

/// Remove a user with the local password
#[utoipa::path(
    delete, path = "/v1/tenants/{tenant}/users/{user}", tag = "users", params(("tenant" = String, Path), ("user" = String, Path)),
    responses((status = 204, description = "Removed"), Problems)
)]
pub(crate) async fn delete_user(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, user)): Path<(TenantName, String)>,
) -> Result<StatusCode> {
    delete(&app, &caller, &tenant, Kind::User, user).await
}

/// Set a user's local password, which also unlocks the account
#[utoipa::path(
    put, path = "/v1/tenants/{tenant}/users/{user}/password", tag = "users", params(("tenant" = String, Path), ("user" = String, Path)),
    request_body = Password, responses((status = 204, description = "Set"), Problems)
)]
pub(crate) async fn put_password(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, user)): Path<(TenantName, String)>,
    body: Unread,
) -> Result<StatusCode> {
    caller.may(Scope::Manage, &tenant).await?;
    let (Password { password }, _paid) = body.json(&caller.payer()).await?;
    let user = EnteredUser::new(&user).map_err(|error| Problem::invalid(error.to_string()))?;
    app.registry.set_password(&tenant, &user, password, &caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a user's local password
#[utoipa::path(
    delete, path = "/v1/tenants/{tenant}/users/{user}/password", tag = "users", params(("tenant" = String, Path), ("user" = String, Path)),
    responses((status = 204, description = "Removed"), Problems)
)]
pub(crate) async fn delete_password(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, user)): Path<(TenantName, String)>,
) -> Result<StatusCode> {
    caller.may(Scope::Manage, &tenant).await?;
    app.registry.delete_password(&tenant, &normal(user), &caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List groups in the order of their names
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/groups", tag = "groups", params(("tenant" = String, Path), ProfileFilter),
    responses((status = 200, body = Profiles), Problems)
)]
pub(crate) async fn list_groups(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(tenant): Path<TenantName>,
    Query(filter): Query<ProfileFilter>,
) -> Result<Response> {
    list(&app, &caller, &tenant, Kind::Group, filter).await
}

/// Show a group
#[utoipa::path(
    get, path = "/v1/tenants/{tenant}/groups/{group}", tag = "groups", params(("tenant" = String, Path), ("group" = String, Path)),
    responses((status = 200, body = Profile), Problems)
)]
pub(crate) async fn show_group(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, group)): Path<(TenantName, String)>,
) -> Result<Response> {
    show(&app, &caller, &tenant, Kind::Group, group).await
}

/// Set and remove properties of a group, and make the group if there is none
#[utoipa::path(
    patch, path = "/v1/tenants/{tenant}/groups/{group}", tag = "groups", params(("tenant" = String, Path), ("group" = String, Path)),
    request_body = ProfileChange, responses((status = 200, body = Profile), Problems)
)]
pub(crate) async fn change_group(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, group)): Path<(TenantName, String)>,
    body: Unread,
) -> Result<Response> {
    change(&app, &caller, &tenant, Kind::Group, group, body).await
}

/// Remove a group; members whose records still name it can no longer log in
#[utoipa::path(
    delete, path = "/v1/tenants/{tenant}/groups/{group}", tag = "groups", params(("tenant" = String, Path), ("group" = String, Path)),
    responses((status = 204, description = "Removed"), Problems)
)]
pub(crate) async fn delete_group(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((tenant, group)): Path<(TenantName, String)>,
) -> Result<StatusCode> {
    delete(&app, &caller, &tenant, Kind::Group, group).await
}
