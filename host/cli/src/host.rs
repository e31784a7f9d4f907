//! A host on a data directory: its store, its registry and its API, for `serve` and for commands that need no server.
//!
//! Not for: listening; that is `serve`.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use vestibule_compiler::{Cache, Loader, LoaderBounds};
use vestibule_ledger::{Budget, Ledger};
use vestibule_registry::{Bounds, Registry};
use vestibule_sandbox::{Capacity, Engine};
use vestibule_server::{App, Metrics, listen};
use vestibule_store::{By, Error as StoreError, Store};

use crate::config::{Config, ServerSettings};
use crate::error::{Error, Result};
use crate::executors::Executors;
use crate::machine;

/// Compiled policies, in the data directory. Each is sealed under a key that is kept beside them.
const CACHE: &str = "cache";

/// A host without sockets.
pub(crate) struct Host {
    pub(crate) store: Store,
    pub(crate) app: Arc<App>,
    pub(crate) registry: Registry,
    pub(crate) metrics: Metrics,
}

impl Host {
    /// Opens a data directory: PostgreSQL where the configuration names it, SQLite in the directory otherwise.
    pub(crate) async fn open(data: &Path, config: &Config, executors: Option<&Executors>) -> Result<Self> {
        let store = match &config.database {
            Some(url) => Store::connect(url).await?,
            None => Store::open(data).await?,
        };
        let ledger = ledger(&config.server);
        let concurrent_calls = u32::try_from(ledger.concurrent_calls()).unwrap_or(u32::MAX);
        let capacity = Capacity { concurrent_calls, ..Capacity::default() };
        let engine = Engine::new(&capacity).map_err(|error| {
            Error::fault("this machine cannot run policies")
                .because(&error)
                .hint("policies need much address space, though little memory: lift limits such as `ulimit -v`")
        })?;
        let cache = Cache::open(&data.join(CACHE), config.server.cache_bytes).map_err(|error| {
            Error::bad_input("compiled policies cannot be kept")
                .because(&error)
                .hint("see to `cache` in the data directory")
        })?;
        let compiling = LoaderBounds {
            time: Duration::from_secs(config.server.compile_seconds),
            memory_bytes: config.server.compile_memory_bytes(),
        };
        let loader = Loader::new(engine, &capacity, Some(cache), ledger.clone(), compiling);
        let bounds = Bounds { call_memory_bytes: capacity.max_memory_bytes };
        let slow_executor = executors.map(|executors| executors.policies.handle().clone());
        let registry = Registry::new(store.clone(), loader, ledger, config.tenant.clone(), bounds, slow_executor);
        let by = By { actor: "host".to_owned(), origin: "the configuration".to_owned(), at: now() };
        registry
            .ensure_tenants(&by)
            .await
            .map_err(|error| Error::fault("the tenants cannot be read").because(&error))?;
        let metrics = Metrics::default();
        let bodies = executors.map(|executors| executors.bodies.handle().clone());
        let app = App::new(registry.clone(), metrics.clone(), data.to_owned(), bodies);
        Ok(Self { store, app, registry, metrics })
    }
}

/// What this host has of everything.
fn ledger(server: &ServerSettings) -> Ledger {
    let memory_bytes = server.memory_bytes();
    Ledger::new(Budget {
        memory_bytes,
        code_bytes: server.policy_bytes() as u64,
        connections: listen::connections(memory_bytes),
        files: listen::files_for_work(memory_bytes),
        concurrent_logins: server.concurrent_logins.into(),
        processors: machine::processors(),
    })
}

#[expect(clippy::disallowed_methods, reason = "no login: when something is changed or looked at")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let bad_input = |hint: &str| Self::bad_input("the store cannot be used").because(&error).hint(hint);
        let fault = |hint: &str| Self::fault("the store did not answer").because(&error).hint(hint);
        match &error {
            StoreError::Directory { .. } => bad_input("give a directory that you may write to with `--data DIR`"),
            StoreError::NotPrivate(_) => {
                bad_input("give it to the user who runs this, and take write access from others")
            }
            StoreError::NotAFile(_) | StoreError::NotADatabase(_) | StoreError::Foreign(_) => {
                bad_input("give the data directory of this program with `--data DIR`")
            }
            StoreError::Newer(_) | StoreError::Misfit(_) => bad_input("run the version of this program that wrote it"),
            StoreError::Url => bad_input("correct `database` in `vestibule.toml`"),
            StoreError::Full => fault("make room on its disk; nothing was lost or half written"),
            StoreError::Locked => fault("end the program that holds it, or try again"),
            StoreError::ReadOnly => fault("allow writing to it"),
            StoreError::Corrupt(_) | StoreError::Damaged { .. } => fault("restore it from a backup"),
            error if error.is_unavailable() => fault("see whether the database is running, and try again"),
            error => Self::bad_input("this cannot be stored").because(error),
        }
    }
}
