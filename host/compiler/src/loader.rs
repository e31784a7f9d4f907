//! Makes policies of components and core modules, on one engine: from memory or the cache if they are there, by child processes if they
//! are not.
//!
//! Not for: settings and grants; a policy is configured by whoever calls it.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read as _;
use std::time::Duration;

use vestibule_domain::Manifest;
use vestibule_ledger::{Hold, Ledger, Owner, Turn, Waiting};
use vestibule_sandbox::{Artefact, Capacity, Compiled, Engine, Key, LoadError, SealError};

use crate::cache::Cache;
use crate::failure::{Failure, Refusal};
use crate::process;
use crate::shelf::Shelf;

/// The largest code of one policy: eight times the largest component.
const MAX_CODE_BYTES: u64 = 512 << 20;
/// An owner's share of the compilers: one at a time, and some more that wait.
const COMPILING: Waiting = Waiting { inside: 1, waiting: 8 };
/// How many times as long a compilation for a login may take as one for an upload, which the machine had more time for.
const LOGINS_PATIENCE: u32 = 2;

/// What for something is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Somebody waits at a door. Takes as long as needed, twice what an upload may, and others step back.
    Login,
    /// Somebody uploads, or looks at what is stored.
    Administration,
}

impl Purpose {
    /// How far a child steps back behind logins that compute.
    const fn nice(self) -> u8 {
        match self {
            Self::Login => 5,
            Self::Administration => 10,
        }
    }
}

/// On whose behalf something is compiled.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    /// Who pays.
    pub owner: &'a Owner,
    /// What for.
    pub purpose: Purpose,
    /// Makes room for code where there is too little, a bit at a time; false if there is no more to be had.
    pub make_room: &'a (dyn Fn() -> bool + Sync),
}

impl Order<'_> {
    /// A command's own, which shares its memory with nobody.
    pub const fn of_a_command() -> Order<'static> {
        Order { owner: &Owner::Host, purpose: Purpose::Administration, make_room: &|| false }
    }
}

/// What compiling may use.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How long an upload may take.
    pub time: Duration,
    /// Memory of one child in bytes. A Python policy of 18 MB takes half a GiB, one of 31 MB less than one.
    pub memory_bytes: u64,
}

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
    key: Key,
    cache: Option<Cache>,
    ledger: Ledger,
    shelf: Shelf,
    bounds: Bounds,
    policy_memory_bytes: usize,
}

impl Loader {
    /// On this engine, whose policies may begin with as much memory as its capacity says. Without a cache, every policy is
    /// compiled anew.
    pub fn new(engine: Engine, capacity: &Capacity, cache: Option<Cache>, ledger: Ledger, bounds: Bounds) -> Self {
        let key = cache.as_ref().map_or_else(Key::generate, |cache| cache.key().clone());
        let (shelf, policy_memory_bytes) = (Shelf::default(), capacity.max_memory_bytes);
        Self { engine, key, cache, ledger, shelf, bounds, policy_memory_bytes }
    }

    /// Makes a policy of a component or core module, and asks it what it is.
    ///
    /// # Errors
    /// [`Failure`] says what is wrong with it, or with this host.
    pub async fn load(&self, order: Order<'_>, wasm: &[u8]) -> Result<Policy, Failure> {
        let compiled = self.obtain(order, &self.component(order, wasm).await?).await?;
        let manifest = compiled.manifest().await.map_err(Failure::NoManifest)?;
        Ok(Policy { compiled, manifest })
    }

    /// The component that is compiled and known by its digest: what is given, or what is made of it where that is a core module.
    ///
    /// # Errors
    /// As [`Loader::load`].
    pub async fn component<'a>(&self, order: Order<'_>, wasm: &'a [u8]) -> Result<Cow<'a, [u8]>, Failure> {
        if vestibule_sandbox::is_core_module(wasm) {
            let _turn = self.turn(order).await?;
            return process::encode(wasm, self.bounds(order.purpose)).await.map(Cow::Owned);
        }
        Ok(Cow::Borrowed(wasm))
    }

    /// What memory or the cache has of the component of this SHA-256. None if it has to be compiled again.
    ///
    /// # Errors
    /// [`Failure::Refused`], if it is no policy of this world; [`Failure::Used`], if there is no room for its code.
    pub async fn known(&self, order: Order<'_>, digest: &str) -> Result<Option<Compiled>, Failure> {
        if let Some(compiled) = self.shelf.find(digest) {
            return Ok(Some(compiled));
        }
        let _alone = self.shelf.turn(digest, order.purpose).await;
        self.kept(order, digest).await
    }

    /// The component compiled.
    ///
    /// # Errors
    /// As [`Loader::load`].
    pub async fn obtain(&self, order: Order<'_>, wasm: &[u8]) -> Result<Compiled, Failure> {
        let digest = vestibule_sandbox::digest(wasm);
        if let Some(compiled) = self.shelf.find(&digest) {
            return Ok(compiled);
        }
        let _alone = self.shelf.turn(&digest, order.purpose).await;
        if let Some(compiled) = self.kept(order, &digest).await? {
            return Ok(compiled);
        }
        let code = {
            let _turn = self.turn(order).await?;
            process::compile(wasm, self.bounds(order.purpose)).await?
        };
        let hold = self.weigh(order, code.bytes())?;
        let artefact = Artefact::seal(&self.engine, &self.key, wasm, code).map_err(failed)?;
        let compiled = Compiled::open(&self.engine, &artefact).map_err(failed)?;
        if let Some(Err(error)) = self.cache.as_ref().map(|cache| cache.store(&digest, &artefact)) {
            tracing::warn!(%error, "a compiled policy is not kept");
        }
        Ok(self.shelf.put(&digest, compiled.holding(hold)))
    }

    /// What a compiling child lacks of the walls around it, each in words.
    ///
    /// # Errors
    /// [`Failure::NotRun`].
    pub async fn gaps(&self) -> Result<Vec<String>, Failure> {
        process::probe(self.bounds(Purpose::Login)).await
    }

    /// Of memory and the cache, by whoever is alone in this.
    async fn kept(&self, order: Order<'_>, digest: &str) -> Result<Option<Compiled>, Failure> {
        if let Some(compiled) = self.shelf.find(digest) {
            return Ok(Some(compiled));
        }
        let Some((file, bytes)) = self.cache.as_ref().and_then(|cache| cache.find(digest)) else { return Ok(None) };
        let hold = self.weigh(order, bytes)?;
        let (engine, key) = (self.engine.clone(), self.key.clone());
        // Megabytes are read, checked and mapped: not on the threads of logins.
        let opened = tokio::task::spawn_blocking(move || open(&engine, &key, file, bytes)).await;
        match opened.map_err(|_| SealError::Broken).flatten() {
            // Whoever renames artefacts must not make one policy pass for another.
            Ok(compiled) if compiled.digest() == digest => Ok(Some(self.shelf.put(digest, compiled.holding(hold)))),
            Err(SealError::NoPolicy(error)) => Err(refused(&error)),
            _ => {
                tracing::debug!(%digest, "what is kept of the policy is of no use");
                Ok(None)
            }
        }
    }

    /// Takes so much of the memory for code, for which others may have to make room: not for what would be more than the owner's share of
    /// all of it.
    fn weigh(&self, order: Order<'_>, bytes: u64) -> Result<Hold, Failure> {
        let pool = self.ledger.code();
        loop {
            let refused = match pool.take(order.owner, bytes) {
                Ok(hold) => return Ok(hold),
                Err(refused) => refused,
            };
            let all = if refused.held == 0 { pool.usage().1 } else { pool.usage().1 / 2 };
            if refused.held.saturating_add(bytes) > all || !(order.make_room)() {
                return Err(refused.into());
            }
        }
    }

    async fn turn(&self, order: Order<'_>) -> Result<Turn, Failure> {
        let places = match order.purpose {
            Purpose::Login => self.ledger.login_compilations(),
            Purpose::Administration => self.ledger.compilations(),
        };
        Ok(places.enter(order.owner, COMPILING).await?)
    }

    fn bounds(&self, purpose: Purpose) -> process::Bounds {
        let patience = if purpose == Purpose::Login { LOGINS_PATIENCE } else { 1 };
        process::Bounds {
            time: self.bounds.time.saturating_mul(patience),
            memory_mib: self.bounds.memory_bytes >> 20,
            policy_memory_bytes: self.policy_memory_bytes,
            answer_bytes: MAX_CODE_BYTES.min(self.ledger.code().usage().1),
            nice: purpose.nice(),
        }
    }
}

fn open(engine: &Engine, key: &Key, file: File, bytes: u64) -> Result<Compiled, SealError> {
    // It may have grown since it was weighed.
    let artefact = Artefact::read(file.take(bytes), key)?;
    Compiled::open(engine, &artefact)
}

fn failed(error: SealError) -> Failure {
    match error {
        SealError::NoPolicy(error) => refused(&error),
        error => Failure::Unusable(error),
    }
}

fn refused(error: &LoadError) -> Failure {
    Failure::Refused(Refusal::from(error))
}
