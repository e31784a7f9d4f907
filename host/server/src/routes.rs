//! Every route of the API, and the document that describes them.
//!
//! Not for: listening; see [`crate::listen`].

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::{audit, chain, decisions, health, logins, policies, profiles, secrets, tenants, tokens, versions};
use crate::app::App;
use crate::metrics::name;
use crate::problem::Problem;

impl App {
    /// Every route of the API, with the document that describes them at `/v1/openapi.json`.
    pub fn router(self: &Arc<Self>) -> Router {
        let (routes, document) = routes().split_for_parts();
        let document = Bytes::from(document.to_pretty_json().unwrap_or_default());
        let served = move || {
            let document = document.clone();
            async move { ([("content-type", "application/json")], document) }
        };
        routes
            .route("/v1/openapi.json", axum::routing::get(served))
            .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
            .fallback(|| async { Problem::not_found("there is nothing at this address") })
            .layer(axum::middleware::from_fn_with_state(Arc::clone(self), measure))
            .with_state(Arc::clone(self))
    }
}

/// Counts and logs a request. Its address is logged as the route that it took: a name in it may be somebody's.
pub(crate) async fn measure(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    tracing::debug!(
        method = name(&method),
        route = route.as_ref().map(MatchedPath::as_str),
        status,
        micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
        "request"
    );
    app.metrics.answered(&method, route.as_ref(), status);
    response
}

/// The document that describes the API (OpenAPI 3.1).
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().split_for_parts().1
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Vestibule",
        description = "Decides on VPN logins by policies in WebAssembly: front doors bring logins, administrators keep policies, users and groups."
    ),
    components(schemas(vestibule_api::Problem)),
    security(("token" = [])),
    modifiers(&Bearer)
)]
struct Document;

/// How callers show who they are.
struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_with(Default::default);
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        components.add_security_scheme("token", bearer);
    }
}

fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(logins::authenticate))
        .routes(routes!(logins::post_auth))
        .routes(routes!(logins::continue_post_auth))
        .routes(routes!(tenants::list))
        .routes(routes!(tenants::show, tenants::put, tenants::delete))
        .routes(routes!(policies::list))
        .routes(routes!(policies::show, policies::change, policies::delete))
        .routes(routes!(versions::list))
        .routes(routes!(versions::upload))
        .routes(routes!(versions::show, versions::delete))
        .routes(routes!(versions::component))
        .routes(routes!(versions::report))
        .routes(routes!(secrets::list))
        .routes(routes!(secrets::put, secrets::delete))
        .routes(routes!(chain::show, chain::activate))
        .routes(routes!(chain::revisions))
        .routes(routes!(chain::roll_back))
        .routes(routes!(chain::trial))
        .routes(routes!(profiles::list_users))
        .routes(routes!(profiles::show_user, profiles::change_user, profiles::delete_user))
        .routes(routes!(profiles::put_password, profiles::delete_password))
        .routes(routes!(profiles::list_groups))
        .routes(routes!(profiles::show_group, profiles::change_group, profiles::delete_group))
        .routes(routes!(tokens::list))
        .routes(routes!(tokens::put, tokens::delete))
        .routes(routes!(tokens::list_operator))
        .routes(routes!(tokens::put_operator, tokens::delete_operator))
        .routes(routes!(decisions::list))
        .routes(routes!(decisions::stream))
        .routes(routes!(decisions::show))
        .routes(routes!(audit::list))
        .routes(routes!(audit::list_operator))
}
