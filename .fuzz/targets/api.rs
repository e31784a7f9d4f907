//! Whatever is asked, the answer is one that the API's document names: nothing breaks, nothing is the host's own fault, and nobody comes
//! in by a header. The input is the number of a route with a query, the header `Authorization`, the header `Idempotency-Key`, and the
//! body, each on a line of its own but the last; an empty header is left out.

#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Request, StatusCode};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use vestibule_api::Terms;
use vestibule_compiler::{Loader, LoaderBounds};
use vestibule_domain::TenantName;
use vestibule_ledger::{Budget, Ledger};
use vestibule_registry::{Bounds, Registry, Who};
use vestibule_sandbox::{Capacity, Engine};
use vestibule_server::access::Peer;
use vestibule_server::{App, Metrics};
use vestibule_store::{By, Store};

/// What takes a body or a query, but for passwords, which take long, and streams, which take for ever.
const ROUTES: [(&str, &str); 18] = [
    ("POST", "/v1/tenants/default/authenticate"),
    ("POST", "/v1/tenants/default/post-auth"),
    ("POST", "/v1/tenants/default/post-auth/AAAA"),
    ("PUT", "/v1/tenants/default/chain"),
    ("POST", "/v1/tenants/default/chain/rollback"),
    ("PUT", "/v1/tenants/acme"),
    ("PATCH", "/v1/tenants/default/users/ann"),
    ("PATCH", "/v1/tenants/default/groups/staff"),
    ("PUT", "/v1/tenants/default/policies/p"),
    ("PUT", "/v1/tenants/default/policies/p/secrets/s"),
    ("PUT", "/v1/tenants/default/tokens/t"),
    ("POST", "/v1/tenants/default/versions"),
    ("GET", "/v1/tenants"),
    ("GET", "/v1/tenants/default/users"),
    ("GET", "/v1/tenants/default/decisions"),
    ("GET", "/v1/tenants/default/chain/revisions"),
    ("GET", "/v1/tenants/default/audit"),
    ("GET", "/v1/audit"),
];

struct Host {
    runtime: Runtime,
    router: Router,
    _home: TempDir,
}

static HOST: LazyLock<Host> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let home = tempfile::tempdir().expect("a directory");
    let router = runtime.block_on(async {
        let store = Store::open(home.path()).await.expect("a store");
        let capacity = Capacity { concurrent_calls: 1, ..Capacity::default() };
        let ledger = Ledger::new(Budget {
            memory_bytes: 1 << 30,
            code_bytes: 1 << 20,
            connections: 1,
            concurrent_logins: 1,
            processors: 1,
            files: 1024,
        });
        let bounds = LoaderBounds { time: Duration::from_secs(1), memory_bytes: 1 << 29 };
        let engine = Engine::new(&capacity).expect("an engine");
        let loader = Loader::new(engine, &capacity, None, ledger.clone(), bounds);
        // No password is hashed, and no failure waited for.
        let settings = serde_json::from_str(r#"{"method": "none", "min_failure_delay_ms": 0}"#).expect("settings");
        let in_file = BTreeMap::from([(TenantName::default(), settings)]);
        let bounds = Bounds { call_memory_bytes: capacity.max_memory_bytes };
        let registry = Registry::new(store, loader, ledger, in_file, bounds, None);
        let by = By { actor: "host".to_owned(), origin: "here".to_owned(), at: UNIX_EPOCH };
        registry.ensure_tenants(&by).await.expect("a tenant");
        // What cannot be read costs a login.
        let terms = Terms { logins_per_second: 1_000_000_000, ..Terms::default() };
        let tenant = TenantName::default();
        registry.set_tenant(&tenant, None, Some(&terms), Who::Operator, &by).await.expect("terms");
        App::new(registry, Metrics::default(), home.path().to_owned(), None).router()
    });
    Host { runtime, router, _home: home }
});

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(4, |byte| *byte == b'\n');
    let mut next = || parts.next().unwrap_or_default();
    let (place, authorization, key, body) = (next(), next(), next(), next());
    let Some(request) = request(place, authorization, key, body) else { return };
    let has_token = request.headers().contains_key("authorization");
    let Host { runtime, router, .. } = &*HOST;
    runtime.block_on(async {
        let Ok(response) = router.clone().oneshot(request).await;
        let status = response.status();
        assert!(
            matches!(
                status.as_u16(),
                200 | 201 | 204 | 400 | 401 | 403 | 404 | 409 | 413 | 415 | 422 | 429 | 431 | 503
            ),
            "{status}"
        );
        assert_eq!(status == StatusCode::UNAUTHORIZED, has_token, "{status}");
        if status.is_client_error() || status.is_server_error() {
            assert_eq!(response.headers()["content-type"], "application/problem+json");
            let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
            let problem: serde_json::Value = serde_json::from_slice(&body).expect("a problem");
            assert_eq!(problem["status"], status.as_u16());
        }
    });
});

/// What is asked, if it is a request at all.
fn request(place: &[u8], authorization: &[u8], key: &[u8], body: &[u8]) -> Option<Request<Body>> {
    let (number, query) = std::str::from_utf8(place).ok()?.split_once('?')?;
    let (method, path) = *ROUTES.get(number.parse::<usize>().ok()?)?;
    let kind = if path.ends_with("versions") { "application/wasm" } else { "application/json" };
    let mut request = Request::builder().method(method).uri(format!("{path}?{query}")).header("content-type", kind);
    for (name, value) in [("authorization", authorization), ("idempotency-key", key)] {
        if !value.is_empty() {
            request = request.header(name, HeaderValue::from_bytes(value).ok()?);
        }
    }
    let peer = Peer::own("here");
    request.extension(peer).body(Body::from(body.to_owned())).ok()
}
