//! From a file to a policy that can be called.
//!
//! Not for: what a tenant decides about it; that is the commands'.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use vestibule_compiler::{Cache, CacheError, Failure, Loader, LoaderBounds, Order, Policy};
use vestibule_ledger::{Budget, Ledger};
use vestibule_sandbox::{Capacity, Engine, MAX_COMPONENT_BYTES};

use crate::error::{Error, Result};
use crate::input::{self, shown};
use crate::{machine, output};

/// What compiled policies may take on disk: some twenty in Python.
const CACHE_BYTES: u64 = 1 << 30;
/// All that 32-bit addresses reach.
const MAX_MEMORY_BYTES: usize = 4 << 30;
/// Memory for compiling, and for the code, of a command that has one policy.
const COMPILE_BYTES: u64 = 2 << 30;
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

/// A policy for programs.
#[derive(Debug, Serialize)]
pub(crate) struct PolicyJson<'a> {
    name: &'a str,
    version: &'a str,
    sha256: String,
}

/// Which policy this is.
pub(crate) fn to_json(policy: &Policy) -> PolicyJson<'_> {
    PolicyJson { name: &policy.manifest.name, version: &policy.manifest.version, sha256: policy.compiled.digest() }
}

/// Loads a policy from a file, for calls that may use `memory_bytes`.
pub(crate) async fn load(path: &Path, options: &Compiling, memory_bytes: usize) -> Result<Policy> {
    let wasm = input::bytes("policy", path, MAX_COMPONENT_BYTES)?;
    let loader = loader(options, memory_bytes)?;
    let progress = async {
        tokio::time::sleep(PATIENCE).await;
        output::say_progress(&format!("compiling `{}`, which may take some seconds ...", shown(path)));
        std::future::pending().await
    };
    let policy = tokio::select! {
        policy = loader.load(Order::of_a_command(), &wasm) => policy,
        never = progress => never,
    };
    policy.map_err(|failure| explain(path, &failure))
}

/// Makes policies of components, for calls that may use `memory_bytes`, or the default where that is more.
fn loader(options: &Compiling, memory_bytes: usize) -> Result<Loader> {
    let capacity = capacity(memory_bytes);
    let engine = Engine::new(&capacity).map_err(|error| {
        Error::fault("this machine cannot run policies")
            .because(&error)
            .hint("policies need much address space, though little memory: lift limits such as `ulimit -v`")
    })?;
    let bounds = LoaderBounds { time: Duration::from_secs(options.compile_timeout), memory_bytes: COMPILE_BYTES };
    Ok(Loader::new(engine, &capacity, open_cache(options), ledger(), bounds))
}

/// A command has all that it takes to itself.
fn ledger() -> Ledger {
    let (memory_bytes, code_bytes) = (2 * COMPILE_BYTES, COMPILE_BYTES);
    Ledger::new(Budget {
        memory_bytes,
        code_bytes,
        connections: 1,
        files: 1,
        concurrent_logins: 1,
        processors: machine::processors(),
    })
}

/// Room for one call. The pool's tables and instances are for four, since one policy in Python takes more than a small one's share.
fn capacity(memory_bytes: usize) -> Capacity {
    let default = Capacity::default();
    let max_memory_bytes = memory_bytes.clamp(default.max_memory_bytes, MAX_MEMORY_BYTES);
    Capacity { concurrent_calls: 4, max_memory_bytes, ..default }
}

/// What a failure means for the file.
fn explain(path: &Path, failure: &Failure) -> Error {
    let error = match failure {
        Failure::NoManifest(_) => Error::bad_policy(format!("`{}` does not say what it is", shown(path))),
        failure if failure.is_the_hosts() => Error::fault(format!("cannot compile `{}`", shown(path))),
        _ => Error::bad_policy(format!("`{}` cannot be used as a policy", shown(path))),
    };
    error.because(failure).hint(match failure {
        Failure::OverTime(_) => "leave out what the policy does not need, or allow more with `--compile-timeout`",
        Failure::Crashed(_) => "`VESTIBULE_LOG=debug` shows what the compiler said",
        failure => failure.hint(),
    })
}

fn open_cache(options: &Compiling) -> Option<Cache> {
    if options.no_cache {
        return None;
    }
    let path = options.cache.clone().or_else(default_cache)?;
    Cache::open(&path, CACHE_BYTES).map_err(|error| warn(&error)).ok()
}

/// Where the XDG Base Directory Specification puts it; relative paths do not count there.
fn default_cache() -> Option<PathBuf> {
    let absolute = |variable| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    caches.map(|caches| caches.join("vestibule"))
}

fn warn(error: &CacheError) {
    let cause = crate::error::words(&error.to_string());
    output::say(&format!("warning: compiled policies are not kept: {cause}"));
}
