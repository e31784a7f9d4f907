//! From a file to a policy that can be called: read, compiled in a child process or taken from the cache, asked for its manifest.
//!
//! Not for: what a tenant decides about it; that is the commands'.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use vestibule_domain::{Cause, Fault, Manifest};
use vestibule_sandbox::{Capacity, Compiled, Engine, Key, LoadError, MAX_COMPONENT_BYTES, SealError};

use crate::cache::{self, Cache};
use crate::compiler::{self, Bounds, Failure};
use crate::error::{Error, Result};
use crate::input::{self, shown};
use crate::output;

/// Memory for compiling. A Python policy of 18 MB takes a quarter of it, one of 31 MB less than half.
const COMPILE_MEMORY_MIB: u64 = 2048;
/// All that 32-bit addresses reach.
const MAX_MEMORY_BYTES: usize = 4 << 30;
/// After this, whoever waits is told for what.
const PATIENCE: Duration = Duration::from_millis(300);

#[derive(Debug, Args)]
#[command(next_help_heading = "Compiling")]
pub(crate) struct Compiling {
    /// Keep compiled policies here [default: `vestibule` in $XDG_CACHE_HOME or ~/.cache]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Compile anew, and keep nothing
    #[arg(long, conflicts_with = "cache")]
    no_cache: bool,
    /// Give up compiling after this long
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    compile_timeout: u64,
}

/// A policy, ready to be configured.
pub(crate) struct Policy {
    pub(crate) compiled: Compiled,
    pub(crate) manifest: Manifest,
}

/// A policy for programs.
#[derive(Debug, Serialize)]
pub(crate) struct PolicyJson<'a> {
    name: &'a str,
    version: &'a str,
    sha256: String,
}

impl Policy {
    pub(crate) fn to_json(&self) -> PolicyJson<'_> {
        PolicyJson { name: &self.manifest.name, version: &self.manifest.version, sha256: self.compiled.digest() }
    }
}

/// Loads a policy from a file, for calls that may use `memory_bytes`.
pub(crate) async fn load(path: &Path, options: &Compiling, memory_bytes: usize) -> Result<Policy> {
    let wasm = input::bytes("policy", path, MAX_COMPONENT_BYTES)?;
    Loader::new(options, memory_bytes)?.load(&wasm, path).await
}

/// Makes policies of components, on one engine.
pub(crate) struct Loader {
    engine: Engine,
    capacity: Capacity,
    cache: Option<Cache>,
    time: Duration,
}

impl Loader {
    /// For calls that may use `memory_bytes`, or the default where that is more.
    pub(crate) fn new(options: &Compiling, memory_bytes: usize) -> Result<Self> {
        let capacity = capacity(memory_bytes);
        let engine = Engine::new(&capacity).map_err(|error| {
            Error::fault("this machine cannot run policies")
                .because(&error)
                .hint("policies need much address space, though little memory: lift limits such as `ulimit -v`")
        })?;
        let time = Duration::from_secs(options.compile_timeout);
        Ok(Self { engine, capacity, cache: open_cache(options), time })
    }

    /// Makes a policy of a component; `path` names it in errors.
    pub(crate) async fn load(&self, wasm: &[u8], path: &Path) -> Result<Policy> {
        let compiled = self.obtain(wasm, path).await?;
        let manifest = compiled.manifest().await.map_err(|fault| no_manifest(path, &fault))?;
        Ok(Policy { compiled, manifest })
    }

    async fn obtain(&self, wasm: &[u8], path: &Path) -> Result<Compiled> {
        let digest = vestibule_sandbox::digest(wasm);
        if let Some(cache) = &self.cache
            && let Some(compiled) = kept(cache, &self.engine, &digest).map_err(|error| no_policy(path, &error))?
        {
            return Ok(compiled);
        }
        let key = self.cache.as_ref().map_or_else(Key::generate, |cache| cache.key().clone());
        let bounds = Bounds {
            time: self.time,
            memory_mib: COMPILE_MEMORY_MIB,
            policy_memory_bytes: self.capacity.max_memory_bytes,
        };
        let artefact = compile(wasm, &key, bounds, path).await?;
        if let Some(Err(error)) = self.cache.as_ref().map(|cache| cache.store(&digest, &artefact)) {
            warn(&error.into());
        }
        Compiled::open(&self.engine, &artefact, &key).map_err(|error| match error {
            SealError::NoPolicy(error) => no_policy(path, &error),
            error => Error::fault(format!("cannot use what `{}` was compiled to", shown(path))).because(&error),
        })
    }
}

/// Room for one call. The pool's tables and instances are for four, since one policy in Python takes more than a small one's share.
fn capacity(memory_bytes: usize) -> Capacity {
    let default = Capacity::default();
    let max_memory_bytes = memory_bytes.clamp(default.max_memory_bytes, MAX_MEMORY_BYTES);
    Capacity { concurrent_calls: 4, max_memory_bytes, ..default }
}

/// What the cache holds for a component, if that is of use.
fn kept(cache: &Cache, engine: &Engine, digest: &str) -> std::result::Result<Option<Compiled>, LoadError> {
    let Some(artefact) = cache.load(digest) else {
        return Ok(None);
    };
    match Compiled::open(engine, &artefact, cache.key()) {
        // Whoever renames artefacts must not make one policy pass for another.
        Ok(compiled) if compiled.digest() == digest => Ok(Some(compiled)),
        Err(SealError::NoPolicy(error)) => Err(error),
        _ => {
            tracing::debug!(%digest, "what is kept of the policy is of no use");
            Ok(None)
        }
    }
}

async fn compile(wasm: &[u8], key: &Key, bounds: Bounds, path: &Path) -> Result<Vec<u8>> {
    let progress = async {
        tokio::time::sleep(PATIENCE).await;
        output::say_progress(&format!("compiling `{}`, which may take some seconds ...", shown(path)));
        std::future::pending().await
    };
    let artefact = tokio::select! {
        artefact = compiler::compile(wasm, key, bounds) => artefact,
        never = progress => never,
    };
    artefact.map_err(|failure| not_compiled(path, failure))
}

fn not_compiled(path: &Path, failure: Failure) -> Error {
    let error = Error::bad_policy(format!("`{}` cannot be used as a policy", shown(path)));
    match failure {
        Failure::Refused(refusal) => error.because_of(refusal.message).hint(refusal.hint),
        Failure::NotRun(_) => Error::fault(format!("cannot compile `{}`", shown(path))).because(&failure),
        Failure::OverTime(_) => error
            .because(&failure)
            .hint("leave out what the policy does not need, or allow more with `--compile-timeout`"),
        Failure::OverMemory(_) | Failure::TooLarge => {
            error.because(&failure).hint("leave out what the policy does not need")
        }
        Failure::Crashed(_) => error.because(&failure).hint("`VESTIBULE_LOG=debug` shows what the compiler said"),
    }
}

fn no_policy(path: &Path, error: &LoadError) -> Error {
    not_compiled(
        path,
        Failure::Refused(compiler::Refusal { message: error.to_string(), hint: error.hint().to_owned() }),
    )
}

fn no_manifest(path: &Path, fault: &Fault) -> Error {
    let hint = match fault.cause {
        Cause::InvalidOutput | Cause::OutputTooLarge => "correct what `manifest` returns",
        Cause::OutOfMemory => "begin with less memory",
        _ => "return a constant from `manifest`: it is given no settings and no capability",
    };
    Error::bad_policy(format!("`{}` does not say what it is", shown(path)))
        .because_of(format!("its `manifest` failed: {fault}"))
        .hint(hint)
}

fn open_cache(options: &Compiling) -> Option<Cache> {
    if options.no_cache {
        return None;
    }
    let path = options.cache.clone().or_else(default_cache)?;
    Cache::open(&path).map_err(|error| warn(&error)).ok()
}

/// Where the XDG Base Directory Specification puts it; relative paths do not count there.
fn default_cache() -> Option<PathBuf> {
    let absolute = |variable| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    caches.map(|caches| caches.join("vestibule"))
}

fn warn(error: &cache::Error) {
    let cause = crate::error::words(&error.to_string());
    output::say(&format!("warning: compiled policies are not kept: {cause}"));
}
