//! The API as a whole: what its handlers share, and every route.
//!
//! Not for: listening; see [`crate::listen`].

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Bytes;
use tokio::runtime::Handle;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vestibule_ledger::Ledger;
use vestibule_registry::Registry;

use crate::access::Tokens;
use crate::api::{audit, chain, decisions, health, logins, policies, profiles, secrets, tenants, tokens, versions};
use crate::body::Aside;
use crate::fresh::Fresh;
use crate::metrics::{Metrics, measure};
use crate::problem::{Problem, Result};
use crate::replies::Replies;
use crate::rounds::Rounds;
use crate::spool::Spool;
use crate::streams::Streams;

/// What all handlers share.
pub struct App {
    pub(crate) registry: Registry,
    pub(crate) ledger: Ledger,
    /// Absent where long bodies are read as others are.
    pub(crate) aside: Option<Aside>,
    pub(crate) spool: Spool,
    pub(crate) tokens: Tokens,
    pub(crate) metrics: Metrics,
    pub(crate) replies: Arc<Replies>,
    pub(crate) rounds: Rounds,
    pub(crate) streams: Streams,
    pub(crate) readiness: Fresh<Result<()>>,
    pub(crate) gaps: OnceLock<Vec<String>>,
}

impl App {
    /// The API of a registry. What it uses up is the registry's ledger's, and components are spooled to this directory under no name.
    /// Long bodies are read on the threads of `bodies`, which should have a lower priority than others, and of which there should be as many
    /// as processors.
    pub fn new(registry: Registry, metrics: Metrics, spool: PathBuf, bodies: Option<Handle>) -> Arc<Self> {
        let ledger = registry.ledger().clone();
        let tokens = Tokens::new(registry.store().clone(), &ledger);
        let replies = Arc::new(Replies::new(ledger.kept_answers().clone()));
        let rounds = Rounds::new(ledger.suspended_logins().clone());
        let streams = Streams::new(ledger.streams().clone());
        let (spool, readiness) = (Spool::new(registry.store().clone(), spool, &ledger), Fresh::default());
        let (gaps, aside) = (OnceLock::new(), bodies.map(|lane| Aside::new(&lane, ledger.long_bodies())));
        Arc::new(Self { registry, ledger, aside, spool, tokens, metrics, replies, rounds, streams, readiness, gaps })
    }

    /// Says from now on which walls do not stand around this host and its compilers, each in words, to whoever asks whether it is ready.
    pub fn tell_gaps(&self, gaps: Vec<String>) {
        // They are found once.
        let _ = self.gaps.set(gaps);
    }

    /// Ends the answers that would go on for as long as somebody listens. For a host that ends.
    pub fn close(&self) {
        self.streams.close();
    }

    /// The tokens, for whoever makes the first one.
    pub const fn tokens(&self) -> &Tokens {
        &self.tokens
    }

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
    components(schemas(
        Problem,
        logins::AuthcredSchema,
        logins::AttributesSchema,
        logins::AuthretSchema,
        logins::InfoSchema
    )),
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
