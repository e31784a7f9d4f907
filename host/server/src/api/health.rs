//! Whether the host lives, and whether it can decide.

use std::sync::Arc;

use axum::extract::State;

use crate::app::App;
use crate::problem::{Problem, Problems, Result};

/// Whether the process answers
#[utoipa::path(
    get, path = "/healthz", tag = "health", security(()),
    responses((status = 200, description = "It does", body = String, content_type = "text/plain"))
)]
pub(crate) async fn healthz() -> &'static str {
    "alive\n"
}

/// Whether logins can be decided on: within the last second the store could be read and written. Besides, which walls do not stand around
/// the host
#[utoipa::path(
    get, path = "/readyz", tag = "health", security(()),
    responses((status = 200, description = "They can", body = String, content_type = "text/plain"), Problems)
)]
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Result<String> {
    let ask = async || app.registry.store().check().await.map_err(Problem::from);
    app.readiness.get(ask).await?;
    let gaps = app.gaps.get().into_iter().flatten();
    Ok(gaps.fold("ready\n".to_owned(), |said, gap| said + "not confined: " + gap + "\n"))
}
