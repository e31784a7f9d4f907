//! Guests by name, compiled once a machine: the sealed artefact is kept between runs.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::{fs, io};

use vestibule_domain::{Grants, Login, Manifest, Settings};
use vestibule_sandbox::{
    Artefact, CallInputs, Capabilities, Capacity, Code, Compiled, Configured, Engine, Key, Limits, Report,
};

use super::{A_TIME, component, module};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(&Capacity::default()).unwrap());
static COMPILED: LazyLock<Mutex<HashMap<String, Cell>>> = LazyLock::new(Mutex::default);

/// Locked while the guest is compiled, so that whoever wants it too waits for it.
type Cell = Arc<Mutex<Option<Compiled>>>;

/// The engine that all tests share, as a host would.
pub(crate) fn engine() -> &'static Engine {
    &ENGINE
}

/// One of the policies people really run.
pub(crate) fn policy(name: &str) -> Guest {
    Guest::new(&component(&format!("policies/{name}")))
}

/// One of the guests that misbehave.
pub(crate) fn probe(name: &str) -> Guest {
    Guest::new(&component(&format!("probes/{name}")))
}

/// One of the guests that do as they are told.
pub(crate) fn scripted(name: &str) -> Guest {
    Guest::new(&component(&format!("scripted/{name}")))
}

/// Why a probe is refused before it sees a login: by the loader, or for what its manifest is.
pub(crate) async fn refusal(name: &str) -> String {
    match Compiled::new(engine(), &probe_bytes(name)) {
        Err(error) => error.to_string(),
        Ok(compiled) => match compiled.manifest().await {
            Err(fault) => fault.to_string(),
            Ok(manifest) => panic!("`{name}` was not refused: {manifest:?}"),
        },
    }
}

/// The bytes of a policy.
pub(crate) fn policy_bytes(name: &str) -> Vec<u8> {
    read(&component(&format!("policies/{name}")))
}

/// The bytes of a probe.
pub(crate) fn probe_bytes(name: &str) -> Vec<u8> {
    read(&component(&format!("probes/{name}")))
}

/// The bytes of a policy that was left as a core module.
pub(crate) fn module_bytes(name: &str) -> Vec<u8> {
    read(&module(name))
}

fn read(path: &str) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("`{path}`: {error}"))
}

/// A compiled guest with what a test decides about it.
#[derive(Clone)]
pub(crate) struct Guest {
    pub(crate) compiled: Compiled,
    settings: serde_json::Map<String, serde_json::Value>,
    grants: Option<Grants>,
    pub(crate) limits: Limits,
    capabilities: Capabilities,
}

impl Guest {
    fn new(path: &str) -> Self {
        Self {
            compiled: compiled(path),
            settings: serde_json::Map::new(),
            grants: None,
            limits: Limits::default(),
            capabilities: Capabilities::default(),
        }
    }

    pub(crate) fn with_settings(mut self, settings: &serde_json::Map<String, serde_json::Value>) -> Self {
        self.settings.clone_from(settings);
        self
    }

    /// With these grants instead of what the manifest wants.
    pub(crate) fn granted(mut self, grants: Grants) -> Self {
        self.grants = Some(grants);
        self
    }

    pub(crate) fn limited(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub(crate) fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    pub(crate) async fn manifest(&self) -> Manifest {
        self.compiled.manifest().await.unwrap()
    }

    pub(crate) async fn configured(&self) -> Configured {
        let manifest = self.manifest().await;
        let settings = Settings::from_object(self.settings.clone(), &manifest).unwrap();
        self.compiled
            .configure()
            .with_settings(settings)
            .with_grants(self.grants.clone().unwrap_or_else(|| manifest.wanted()))
            .with_limits(self.limits.clone())
            .with_capabilities(self.capabilities.clone())
    }

    /// With one more setting, or secret.
    pub(crate) fn with_setting(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.into());
        self
    }

    /// Decides on one login, at a fixed time with a fixed seed.
    pub(crate) async fn decides(&self, login: &Login) -> Report {
        self.decides_at(login, &CallInputs::at(A_TIME)).await
    }

    pub(crate) async fn decides_at(&self, login: &Login, inputs: &CallInputs) -> Report {
        self.configured().await.call(login, inputs).await
    }
}

/// Compiles a file once: concurrent tests wait for the first of them, later runs load the artefact.
fn compiled(path: &str) -> Compiled {
    let cell = Arc::clone(COMPILED.lock().unwrap().entry(path.to_owned()).or_default());
    let mut cell = cell.lock().unwrap();
    cell.get_or_insert_with(|| load(path)).clone()
}

fn load(path: &str) -> Compiled {
    let wasm = read(path);
    let kept =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(Path::new(path).file_name().unwrap()).with_extension("cwasm");
    let key = Key::from_bytes([7; 32]);
    let kept_before = fs::File::open(&kept).ok().and_then(|sealed| Artefact::read(sealed, &key).ok());
    if let Some(compiled) = kept_before.and_then(|sealed| Compiled::open(engine(), &sealed).ok())
        && compiled.digest() == vestibule_sandbox::digest(&wasm)
    {
        return compiled;
    }
    let code = Compiled::code_of(engine(), &wasm).unwrap_or_else(|error| panic!("`{path}`: {error}"));
    let sealed = Artefact::seal(engine(), &key, &wasm, Code::copy(&*code).unwrap()).unwrap();
    keep(&kept, &sealed).unwrap();
    Compiled::open(engine(), &sealed).unwrap_or_else(|error| panic!("`{path}`: {error}"))
}

fn keep(path: &Path, sealed: &Artefact) -> io::Result<()> {
    let new = path.with_extension(format!("{}.new", std::process::id()));
    sealed.write(fs::File::create(&new)?)?;
    fs::rename(new, path)
}
