//! Makes policies of components and core modules, on one engine: from memory or the cache if they are there, by child processes if they
//! are not.
//!
//! Not for: settings and grants; a policy is configured by whoever calls it.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use vestibule_domain::Manifest;
use vestibule_ledger::{Hold, Ledger, Owner, Turn, Waiting};
use vestibule_sandbox::{Artefact, Capacity, Compiled, Engine, Key, LoadError, SealError};

use crate::cache::Cache;
use crate::failure::{Failure, Refusal};
use crate::purpose::Purpose;
use crate::shelf::Shelf;
use crate::{process, protocol};

/// The largest code of one policy: eight times the largest component.
const MAX_CODE_BYTES: u64 = 512 << 20;
/// An owner's share of the compilers: one at a time, and some more that wait.
const COMPILING: Waiting = Waiting { inside: 1, waiting: 8 };
/// How many times as long a compilation for a login may take as one for an upload, which the machine had more time for.
const LOGINS_PATIENCE: u32 = 2;

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
    cache: Option<Arc<Cache>>,
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
        let cache = cache.map(Arc::new);
        Self { engine, key, cache, ledger, shelf, bounds, policy_memory_bytes }
    }

    /// Makes a policy of a component or core module, and asks it what it is.
    ///
    /// # Errors
    /// [`Failure`] says what is wrong with it, or with this host.
    pub async fn load(&self, order: Order<'_>, wasm: &[u8]) -> Result<Policy, Failure> {
        let component = self.component(order, wasm).await?;
        let digest = vestibule_sandbox::digest(&component);
        let compiled = match self.known(order, &digest).await? {
            Some(compiled) => compiled,
            None => self.obtain(order, &digest, async { Ok(component.into_owned()) }).await.flatten()?,
        };
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

    /// The component of this SHA-256 compiled. It is fetched only when there is a turn to compile it, so that no more of them are in memory
    /// than are compiled at once.
    ///
    /// # Errors
    /// As [`Loader::load`]; within, those of fetching it.
    pub async fn obtain<E>(
        &self,
        order: Order<'_>,
        digest: &str,
        fetch: impl Future<Output = Result<Vec<u8>, E>>,
    ) -> Result<Result<Compiled, E>, Failure> {
        // The owner's turn comes first: whoever waits for it keeps nobody else's component waiting.
        let _turn = self.turn(order).await?;
        let _alone = self.shelf.turn(digest, order.purpose).await;
        if let Some(compiled) = self.kept(order, digest).await? {
            return Ok(Ok(compiled));
        }
        let wasm = match fetch.await {
            Ok(wasm) => wasm,
            Err(error) => return Ok(Err(error)),
        };
        let code = process::compile(&wasm, self.bounds(order.purpose)).await?;
        let hold = self.weigh(order, code.bytes())?;
        let (engine, key, cache) = (self.engine.clone(), self.key.clone(), self.cache.clone());
        let purpose = order.purpose;
        // Megabytes are hashed, written and mapped: not on the threads of logins. What is under way goes on if nobody waits for it any
        // more, and so does its hold.
        let made = tokio::task::spawn_blocking(move || {
            let artefact = Artefact::seal(&engine, &key, &wasm, code)?;
            let compiled = Compiled::open(&engine, &artefact)?;
            if let Some(Err(error)) = cache.map(|cache| cache.store(&compiled.digest(), purpose, &artefact)) {
                tracing::warn!(%error, "a compiled policy is not kept");
            }
            Ok(compiled.holding(hold))
        });
        match made.await.unwrap_or(Err(SealError::Broken)) {
            Ok(compiled) if compiled.digest() == digest => Ok(Ok(self.shelf.put(digest, compiled))),
            // What was fetched is another component.
            Ok(_) => Err(Failure::Unusable(SealError::Broken)),
            Err(error) => Err(failed(error)),
        }
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
        let Some((file, bytes)) = self.cache.as_ref().and_then(|cache| cache.find(digest, order.purpose)) else {
            return Ok(None);
        };
        let hold = self.weigh(order, bytes)?;
        let (engine, key) = (self.engine.clone(), self.key.clone());
        // Megabytes are read, checked and mapped: not on the threads of logins.
        let opened =
            tokio::task::spawn_blocking(move || open(&engine, &key, file, bytes).map(|code| code.holding(hold)));
        match opened.await.unwrap_or(Err(SealError::Broken)) {
            // Whoever renames artefacts must not make one policy pass for another.
            Ok(compiled) if compiled.digest() == digest => Ok(Some(self.shelf.put(digest, compiled))),
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

    fn bounds(&self, purpose: Purpose) -> protocol::Bounds {
        let patience = if purpose == Purpose::Login { LOGINS_PATIENCE } else { 1 };
        protocol::Bounds {
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

#[cfg(test)]
mod tests {
    use vestibule_domain::TenantName;
    use vestibule_ledger::Budget;

    use super::*;

    fn loader() -> Loader {
        let capacity = Capacity { concurrent_calls: 1, ..Capacity::default() };
        let (memory_bytes, code_bytes) = (1 << 30, 1 << 28);
        let budget = Budget { memory_bytes, code_bytes, connections: 1, files: 1, concurrent_logins: 1, processors: 2 };
        let bounds = Bounds { time: Duration::from_secs(1), memory_bytes: 1 << 30 };
        Loader::new(Engine::new(&capacity).unwrap(), &capacity, None, Ledger::new(budget), bounds)
    }

    fn owner(name: &str) -> Owner {
        Owner::Tenant(TenantName::new(name).unwrap())
    }

    fn order(owner: &Owner) -> Order<'_> {
        Order { owner, purpose: Purpose::Login, make_room: &|| false }
    }

    /// Stored components are megabytes, and all tenants' first logins after an upgrade come at once.
    #[tokio::test]
    async fn a_component_is_fetched_by_whoever_has_a_turn_and_nobody_waits_for_anothers() {
        let (loader, busy, other) = (loader(), owner("busy"), owner("other"));
        let fetched = async || Err::<Vec<u8>, _>("fetched");
        let compiling = loader.turn(order(&busy)).await.unwrap();
        let mut waiting = std::pin::pin!(loader.obtain(order(&busy), "d", fetched()));
        let soon = Duration::from_millis(20);
        assert!(tokio::time::timeout(soon, &mut waiting).await.is_err(), "fetched without a turn");
        assert_eq!(loader.obtain(order(&other), "d", fetched()).await.unwrap().err(), Some("fetched"));
        drop(compiling);
        assert_eq!(waiting.await.unwrap().err(), Some("fetched"));
    }
}
