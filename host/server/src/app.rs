//! What all handlers of the API share.
//!
//! Not for: the handlers; see [`crate::api`].

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use tokio::runtime::Handle;
use vestibule_ledger::Ledger;
use vestibule_registry::Registry;

use crate::access::{Caller, Tokens};
use crate::body::{Aside, Unread};
use crate::fresh::Fresh;
use crate::idempotency::IdempotencyCache;
use crate::metrics::Metrics;
use crate::problem::{Problem, Result};
use crate::spool::Spool;
use crate::streams::Streams;
use crate::suspended_logins::SuspendedLogins;

/// What all handlers share.
pub struct App {
    pub(crate) registry: Registry,
    pub(crate) ledger: Ledger,
    /// Absent where long bodies are read as others are.
    pub(crate) aside: Option<Aside>,
    pub(crate) spool: Spool,
    pub(crate) tokens: Tokens,
    pub(crate) metrics: Metrics,
    pub(crate) retries: Arc<IdempotencyCache>,
    pub(crate) suspended: SuspendedLogins,
    pub(crate) streams: Streams,
    pub(crate) readiness: Fresh<Result<()>>,
    pub(crate) gaps: OnceLock<Vec<String>>,
}

impl App {
    /// The API of a registry. What it uses up is the registry's ledger's, and components are spooled to this directory under no name.
    /// Long bodies are read on the threads of `bodies`, which should have a lower priority than others, and of which there should be as
    /// many as processors.
    pub fn new(registry: Registry, metrics: Metrics, spool: PathBuf, bodies: Option<Handle>) -> Arc<Self> {
        let ledger = registry.ledger().clone();
        let tokens = Tokens::new(registry.store().clone(), &ledger);
        let retries = Arc::new(IdempotencyCache::new(ledger.kept_answers().clone()));
        let suspended = SuspendedLogins::new(ledger.suspended_logins().clone());
        let streams = Streams::new(ledger.streams().clone());
        let (spool, readiness) = (Spool::new(registry.store().clone(), spool, &ledger), Fresh::default());
        let (gaps, aside) = (OnceLock::new(), bodies.map(|executor| Aside::new(&executor, ledger.long_bodies())));
        Arc::new(Self { registry, ledger, aside, spool, tokens, metrics, retries, suspended, streams, readiness, gaps })
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
}

impl FromRequest<Arc<App>> for Unread {
    type Rejection = Infallible;

    async fn from_request(request: Request, app: &Arc<App>) -> std::result::Result<Self, Infallible> {
        Ok(Self::new(request, app.ledger.request_bodies().clone(), app.aside.clone()))
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self> {
        Self::of(parts, app.registry.clone(), &app.tokens).await
    }
}
