//! Makes policies of components and core modules, on one engine: from the cache if it is there, by child processes if it is not.
//!
//! Not for: settings and grants; a policy is configured by whoever calls it.

use std::borrow::Cow;
use std::time::Duration;

use vestibule_domain::Manifest;
use vestibule_sandbox::{Capacity, Compiled, Engine, Key, LoadError, SealError};

use crate::cache::Cache;
use crate::failure::{Failure, Refusal};
use crate::process::{self, Bounds};

/// Memory for compiling. A Python policy of 18 MB takes a quarter of it, one of 31 MB less than half.
const COMPILE_MEMORY_MIB: u64 = 2048;

/// A policy, ready to be configured.
#[derive(Clone)]
pub struct Policy {
    /// Its code.
    pub compiled: Compiled,
    /// What it says of itself.
    pub manifest: Manifest,
}

/// Makes policies of components.
pub struct Loader {
    engine: Engine,
    cache: Option<Cache>,
    bounds: Bounds,
}

impl Loader {
    /// On this engine, whose policies may begin with as much memory as its capacity says. Without a cache, every policy is
    /// compiled anew. Compiling may take so long.
    pub fn new(engine: Engine, capacity: &Capacity, cache: Option<Cache>, time: Duration) -> Self {
        let policy_memory_bytes = capacity.max_memory_bytes;
        Self { engine, cache, bounds: Bounds { time, memory_mib: COMPILE_MEMORY_MIB, policy_memory_bytes } }
    }

    /// Makes a policy of a component or core module, and asks it what it is.
    ///
    /// # Errors
    /// [`Failure`] says what is wrong with it, or with this host.
    pub async fn load(&self, wasm: &[u8]) -> Result<Policy, Failure> {
        let compiled = self.obtain(&self.component(wasm).await?).await?;
        let manifest = compiled.manifest().await.map_err(Failure::NoManifest)?;
        Ok(Policy { compiled, manifest })
    }

    /// The component that is compiled and known by its digest: what is given, or what is made of it where that is a core module.
    ///
    /// # Errors
    /// As [`Loader::load`].
    pub async fn component<'a>(&self, wasm: &'a [u8]) -> Result<Cow<'a, [u8]>, Failure> {
        if vestibule_sandbox::is_core_module(wasm) {
            return process::encode(wasm, self.bounds).await.map(Cow::Owned);
        }
        Ok(Cow::Borrowed(wasm))
    }

    /// What the cache has for the component of this SHA-256. None if it has to be compiled again.
    ///
    /// # Errors
    /// [`Failure::Refused`], if it is no policy of this world.
    pub fn cached(&self, digest: &str) -> Result<Option<Compiled>, Failure> {
        let Some((cache, artefact)) = self.cache.as_ref().and_then(|cache| Some((cache, cache.load(digest)?))) else {
            return Ok(None);
        };
        match Compiled::open(&self.engine, &artefact, cache.key()) {
            // Whoever renames artefacts must not make one policy pass for another.
            Ok(compiled) if compiled.digest() == digest => Ok(Some(compiled)),
            Err(SealError::NoPolicy(error)) => Err(refused(&error)),
            _ => {
                tracing::debug!(%digest, "what is kept of the policy is of no use");
                Ok(None)
            }
        }
    }

    /// The component compiled.
    ///
    /// # Errors
    /// As [`Loader::load`].
    pub async fn obtain(&self, wasm: &[u8]) -> Result<Compiled, Failure> {
        let digest = vestibule_sandbox::digest(wasm);
        if let Some(compiled) = self.cached(&digest)? {
            return Ok(compiled);
        }
        let key = self.cache.as_ref().map_or_else(Key::generate, |cache| cache.key().clone());
        let artefact = process::compile(wasm, &key, self.bounds).await?;
        if let Some(Err(error)) = self.cache.as_ref().map(|cache| cache.store(&digest, &artefact)) {
            tracing::warn!(%error, "a compiled policy is not kept");
        }
        Compiled::open(&self.engine, &artefact, &key).map_err(|error| match error {
            SealError::NoPolicy(error) => refused(&error),
            error => Failure::Unusable(error),
        })
    }
}

fn refused(error: &LoadError) -> Failure {
    Failure::Refused(Refusal::from(error))
}
