//! What a policy may ask of the world: two small traits, each with a default that refuses everything.
//!
//! Not for: implementations; whoever embeds the sandbox plugs them in. Grants and budgets are enforced before a trait is called.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use vestibule_domain::capability::Error;
use vestibule_domain::{directory, http};

/// The answer to one question, sooner or later. It is dropped, and the question so cancelled, at the call's deadline.
pub type CapabilityFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Searches in a tenant's directory.
pub trait Directory: Send + Sync {
    /// Answers one search. The filter is complete and escaped; keeping the base inside the tenant's fence is up to the implementation.
    fn search<'a>(&'a self, query: &'a directory::Query) -> CapabilityFuture<'a, Result<Vec<directory::Entry>, Error>>;
}

/// Sends requests to origins.
pub trait Http: Send + Sync {
    /// Answers one request. Its origin is granted; redirects must not be followed.
    fn send<'a>(&'a self, request: &'a http::Request) -> CapabilityFuture<'a, Result<http::Response, Error>>;
}

/// The capabilities of one configured policy.
#[derive(Clone)]
pub struct Capabilities {
    /// Where searches go.
    pub directory: Arc<dyn Directory>,
    /// Where requests go.
    pub http: Arc<dyn Http>,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self { directory: Arc::new(Nothing), http: Arc::new(Nothing) }
    }
}

/// Refuses everything.
struct Nothing;

impl Directory for Nothing {
    fn search<'a>(&'a self, _: &'a directory::Query) -> CapabilityFuture<'a, Result<Vec<directory::Entry>, Error>> {
        Box::pin(async { Err(Error::Unavailable("this host has no directory".to_owned())) })
    }
}

impl Http for Nothing {
    fn send<'a>(&'a self, _: &'a http::Request) -> CapabilityFuture<'a, Result<http::Response, Error>> {
        Box::pin(async { Err(Error::Unavailable("this host sends no requests".to_owned())) })
    }
}
