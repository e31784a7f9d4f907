//! Guests by name, compiled once a machine: the sealed artefact is kept between runs.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use std::{fs, io};

use vestibule_domain::{Grants, Login, Manifest, Settings};
use vestibule_sandbox::{Capabilities, Capacity, Circumstances, Compiled, Configured, Engine, Key, Limits, Report};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(&Capacity::default()).unwrap());
static COMPILED: LazyLock<Mutex<HashMap<PathBuf, Arc<Mutex<Option<Compiled>>>>>> = LazyLock::new(Mutex::default);

/// The engine that all tests share, as a host would.
pub fn engine() -> &'static Engine {
    &ENGINE
}

/// One of the policies people really run.
pub fn policy(name: &str) -> Guest {
    Guest::new(&components().join("policies").join(format!("{name}.wasm")))
}

fn components() -> PathBuf {
    Path::new(env!("GUESTS")).join("target/components")
}

/// A compiled guest with what a test decides about it.
#[derive(Clone)]
pub struct Guest {
    pub compiled: Compiled,
    settings: serde_json::Map<String, serde_json::Value>,
    grants: Option<Grants>,
    limits: Limits,
    capabilities: Capabilities,
}

impl Guest {
    pub fn new(path: &Path) -> Self {
        Self {
            compiled: compiled(path),
            settings: serde_json::Map::new(),
            grants: None,
            limits: Limits::default(),
            capabilities: Capabilities::default(),
        }
    }

    pub fn with_settings(mut self, settings: &serde_json::Map<String, serde_json::Value>) -> Self {
        self.settings.clone_from(settings);
        self
    }

    /// With these grants instead of what the manifest wants.
    pub fn granted(mut self, grants: Grants) -> Self {
        self.grants = Some(grants);
        self
    }

    pub fn limited(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    pub async fn manifest(&self) -> Manifest {
        self.compiled.manifest().await.unwrap()
    }

    pub async fn configured(&self) -> Configured {
        let manifest = self.manifest().await;
        let settings = Settings::from_object(self.settings.clone(), &manifest).unwrap();
        self.compiled
            .configure()
            .with_settings(settings)
            .with_grants(self.grants.clone().unwrap_or_else(|| Grants::as_wanted(&manifest)))
            .with_limits(self.limits.clone())
            .with_capabilities(self.capabilities.clone())
    }

    /// Decides on one login, at a fixed time with a fixed seed.
    pub async fn decides(&self, login: &Login) -> Report {
        self.decides_at(login, &Circumstances::at(1_766_000_000)).await
    }

    pub async fn decides_at(&self, login: &Login, circumstances: &Circumstances) -> Report {
        self.configured().await.call(login, circumstances).await
    }
}

/// Compiles a file once: concurrent tests wait for the first of them, later runs load the artefact.
fn compiled(path: &Path) -> Compiled {
    let cell = Arc::clone(COMPILED.lock().unwrap().entry(path.to_owned()).or_default());
    let mut cell = cell.lock().unwrap();
    cell.get_or_insert_with(|| load(path)).clone()
}

fn load(path: &Path) -> Compiled {
    let wasm = fs::read(path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(path.file_stem().unwrap()).with_extension("cwasm");
    let key = Key::from_bytes([7; 32]);
    if let Some(compiled) = fs::read(&kept).ok().and_then(|sealed| Compiled::open(engine(), &sealed, &key).ok())
        && compiled.digest() == vestibule_sandbox::digest(&wasm)
    {
        return compiled;
    }
    let compiled = Compiled::new(engine(), &wasm).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
    keep(&kept, &compiled.seal(&key).unwrap()).unwrap();
    compiled
}

fn keep(path: &Path, sealed: &[u8]) -> io::Result<()> {
    let new = path.with_extension(format!("{}.new", std::process::id()));
    fs::write(&new, sealed)?;
    fs::rename(new, path)
}
