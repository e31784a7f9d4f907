//! Guests that reach for what they were not given.

use std::sync::{Arc, Mutex};

use vestibule_domain::field::Password;
use vestibule_domain::{Cause, Grants, Secret, capability, directory};
use vestibule_sandbox::Capabilities;
use vestibule_sandbox::capability::{CapabilityFuture, Directory};

use crate::harness::{a_login, probe};

/// A probe that is stopped when it uses what no policy gets.
async fn is_stopped(name: &str, what: &str) {
    let fault = probe(name).fails_with(Cause::CapabilityDenied).await;
    assert!(fault.detail.contains(what), "{fault}");
}

#[tokio::test]
pub(crate) async fn uses_sockets() {
    is_stopped("uses-sockets", "wasi:sockets").await;
}

#[tokio::test]
pub(crate) async fn listens_on_a_port() {
    is_stopped("listens-on-a-port", "wasi:sockets").await;
}

#[tokio::test]
pub(crate) async fn sends_datagrams() {
    is_stopped("sends-datagrams", "wasi:sockets").await;
}

#[tokio::test]
pub(crate) async fn resolves_names() {
    is_stopped("resolves-names", "wasi:sockets").await;
}

#[tokio::test]
pub(crate) async fn reads_files() {
    probe("reads-files").fails_with(Cause::PolicyError).await;
}

#[tokio::test]
pub(crate) async fn writes_files() {
    probe("writes-files").fails_with(Cause::PolicyError).await;
}

#[tokio::test]
pub(crate) async fn starts_a_thread() {
    probe("starts-a-thread").fails_with(Cause::PolicyError).await;
}

#[tokio::test]
pub(crate) async fn reads_the_environment() {
    probe("reads-the-environment").lets_joe_in().await;
}

#[tokio::test]
pub(crate) async fn reads_stdin() {
    probe("reads-stdin").lets_joe_in().await;
}

#[tokio::test]
pub(crate) async fn peeks_at_the_password() {
    let mut login = a_login();
    login.authcred.password = Some(Password::new(Secret::new("correct horse")).unwrap());
    probe("peeks-at-the-password").granted(Grants::default()).judges(&login).await.allowed();
}

#[tokio::test]
pub(crate) async fn searches_ungranted() {
    let guest = probe("searches-ungranted").granted(Grants::default());
    let fault = guest.fails_with(Cause::CapabilityDenied).await;
    assert!(fault.detail.contains("`directory` is not granted"), "{fault}");
}

#[tokio::test]
pub(crate) async fn shrugs_off_a_denied_search() {
    probe("shrugs-off-a-denied-search").granted(Grants::default()).lets_joe_in().await;
}

#[tokio::test]
pub(crate) async fn searches_in_a_loop() {
    probe("searches-in-a-loop").fails_with(Cause::HostCallBudget).await;
}

#[tokio::test]
pub(crate) async fn injects_into_a_filter() {
    /// Finds nobody, and remembers what it was asked.
    #[derive(Default)]
    struct Remembering(Mutex<Vec<String>>);

    impl Directory for Remembering {
        fn search<'a>(
            &'a self,
            query: &'a directory::Query,
        ) -> CapabilityFuture<'a, Result<Vec<directory::Entry>, capability::Error>> {
            self.0.lock().unwrap().push(query.filter.clone());
            Box::pin(async { Ok(Vec::new()) })
        }
    }

    let directory = Arc::new(Remembering::default());
    let capabilities = Capabilities { directory: Arc::clone(&directory) as _, ..Capabilities::default() };
    let grants = Grants { directory: true, ..Grants::default() };
    probe("injects-into-a-filter").with_capabilities(capabilities).granted(grants).lets_joe_in().await;
    let asked = directory.0.lock().unwrap();
    assert!(!asked.is_empty() && asked.iter().all(|filter| filter.matches('(').count() == 1), "{asked:?}");
}

#[tokio::test]
pub(crate) async fn requests_ungranted_http() {
    let guest = probe("requests-ungranted-http").granted(Grants::default());
    let fault = guest.fails_with(Cause::CapabilityDenied).await;
    assert!(fault.detail.contains("`http` to `"), "{fault}");
}

#[tokio::test]
pub(crate) async fn requests_a_lookalike_origin() {
    probe("requests-a-lookalike-origin").fails_with(Cause::CapabilityDenied).await;
}

#[tokio::test]
pub(crate) async fn smuggles_a_header() {
    let fault = probe("smuggles-a-header").fails_with(Cause::PolicyError).await;
    assert!(fault.detail.contains("header"), "{fault}");
}
