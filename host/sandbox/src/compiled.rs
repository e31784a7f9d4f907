//! A policy compiled: checked to be a component of this world, linked, ready to be configured.
//!
//! Not for: what a tenant decides about it; see [`crate::Configured`].

use std::sync::{Arc, OnceLock, Weak};

use sha2::{Digest as _, Sha256};
use vestibule_domain::{Fault, Manifest};
use vestibule_ledger::Hold;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};

use crate::configured::Configured;
use crate::engine::{Engine, MAX_MEMORIES};
use crate::load_error::LoadError;
use crate::state::State;
use crate::world::Imports;
use crate::{bindings, host, setup, wasi};

/// The largest component taken. CPython with its whole standard library has 31 MB.
pub const MAX_COMPONENT_BYTES: usize = 64 << 20;

/// Whether a call can wait. One that cannot needs no stack of its own and no scheduler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// It computes, and answers: the policy imports nothing that waits.
    Straight,
    /// It may search, request or sleep, and gives way to others with each tick of the epoch.
    Waiting,
}

/// A compiled policy. Clones share it.
#[derive(Clone)]
pub struct Compiled {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    pre: InstancePre<State>,
    post_auth: ComponentExportIndex,
    manifest: ComponentExportIndex,
    imports: Imports,
    source: Source,
    /// What is paid for it, until the last call that runs it is over.
    hold: OnceLock<Hold>,
}

/// What is known of the file that a component was compiled from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    /// Its SHA-256.
    pub(crate) digest: [u8; 32],
    /// Its size in bytes.
    pub(crate) bytes: usize,
    /// What it takes to make an instance, in fuel; see [`setup::fuel`].
    pub(crate) setup_fuel: u64,
}

impl Source {
    pub(crate) fn of(wasm: &[u8]) -> Self {
        Self { digest: Sha256::digest(wasm).into(), bytes: wasm.len(), setup_fuel: setup::fuel(wasm) }
    }
}

/// A compiled policy that this does not keep.
#[derive(Clone)]
pub struct WeakCompiled {
    shared: Weak<Shared>,
}

impl WeakCompiled {
    /// The policy, if somebody still has it.
    pub fn upgrade(&self) -> Option<Compiled> {
        self.shared.upgrade().map(|shared| Compiled { shared })
    }
}

impl Compiled {
    /// Compiles a component. Takes milliseconds for a Rust policy and seconds for a Python one, on the calling thread; for
    /// a component that nobody trusts, make [`Compiled::code_of`] it in a process of its own, and seal what comes back.
    ///
    /// # Errors
    /// [`LoadError`] names what is wrong with the file.
    pub fn new(engine: &Engine, wasm: &[u8]) -> Result<Self, LoadError> {
        ensure_component(wasm)?;
        let component = Component::new(engine.inner(), wasm).map_err(|error| invalid(&error))?;
        Self::link(engine, component, Source::of(wasm))
    }

    /// The component's code, to be sealed by another process. Nothing of it is loaded in this one, and whether it is a policy is not
    /// looked at.
    ///
    /// # Errors
    /// [`LoadError`] names what is wrong with the file.
    pub fn code_of(engine: &Engine, wasm: &[u8]) -> Result<Vec<u8>, LoadError> {
        ensure_component(wasm)?;
        engine.inner().precompile_component(wasm).map_err(|error| invalid(&error))
    }

    /// The policy, which holds this until nobody has it any more, and no call runs it.
    #[must_use]
    pub fn holding(self, hold: Hold) -> Self {
        // Of a policy that holds something already, what comes second is given back.
        let _ = self.shared.hold.set(hold);
        self
    }

    /// The policy without keeping it.
    pub fn downgrade(&self) -> WeakCompiled {
        WeakCompiled { shared: Arc::downgrade(&self.shared) }
    }

    /// Checks and links a compiled component.
    pub(crate) fn link(engine: &Engine, component: Component, source: Source) -> Result<Self, LoadError> {
        let imports = Imports::of(&component.component_type(), engine.inner())?;
        let post_auth = export(&component, "post-auth")?;
        let manifest = export(&component, "manifest")?;
        ensure_size(engine, &component)?;
        let pre = linker(engine, &component)
            .and_then(|linker| linker.instantiate_pre(&component))
            .and_then(|pre| bindings::check_exports(&pre).map(|()| pre))
            .map_err(|error| LoadError::WrongType(sentence(&error)))?;
        ensure_price(&source)?;
        let engine = engine.clone();
        let shared = Shared { engine, pre, post_auth, manifest, imports, source, hold: OnceLock::new() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// What the policy says of itself. Runs the guest once, with default limits and nothing granted.
    ///
    /// # Errors
    /// A fault, if the guest fails or its manifest is not to be believed.
    pub async fn manifest(&self) -> Result<Manifest, Fault> {
        crate::call::manifest(self).await
    }

    /// The policy with no settings, nothing granted, and default limits.
    pub fn configure(&self) -> Configured {
        Configured::new(self.clone())
    }

    /// What the policy imports.
    pub fn imports(&self) -> &Imports {
        &self.shared.imports
    }

    /// The SHA-256 of the component: which policy this is.
    pub fn digest(&self) -> String {
        hex::encode(self.shared.source.digest)
    }

    /// The component's size in bytes.
    pub fn size(&self) -> usize {
        self.shared.source.bytes
    }

    /// What each call pays for its instance, in fuel, before it begins.
    pub fn setup_fuel(&self) -> u64 {
        self.shared.source.setup_fuel
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.shared.engine
    }

    pub(crate) fn pre(&self) -> &InstancePre<State> {
        &self.shared.pre
    }

    pub(crate) fn post_auth(&self) -> &ComponentExportIndex {
        &self.shared.post_auth
    }

    pub(crate) fn manifest_export(&self) -> &ComponentExportIndex {
        &self.shared.manifest
    }

    pub(crate) fn pace(&self) -> Pace {
        if self.shared.imports.can_wait() { Pace::Waiting } else { Pace::Straight }
    }
}

/// The SHA-256 of a component that is not compiled yet, as [`Compiled::digest`] writes it.
pub fn digest(wasm: &[u8]) -> String {
    hex::encode(Sha256::digest(wasm))
}

/// Whether these bytes begin as a core module does, and not as a component.
pub const fn is_core_module(wasm: &[u8]) -> bool {
    matches!(wasm, [0, b'a', b's', b'm', _, _, 0, 0, ..])
}

/// Looks at the header before anything is compiled: the commonest mistakes deserve the clearest words.
fn ensure_component(wasm: &[u8]) -> Result<(), LoadError> {
    match wasm {
        _ if is_core_module(wasm) => Err(LoadError::CoreModule),
        [0, b'a', b's', b'm', ..] if wasm.len() > MAX_COMPONENT_BYTES => Err(LoadError::TooLarge(wasm.len())),
        [0, b'a', b's', b'm', ..] => Ok(()),
        _ => Err(LoadError::NotWasm),
    }
}

fn ensure_size(engine: &Engine, component: &Component) -> Result<(), LoadError> {
    let Some(needs) = component.resources_required() else {
        return Err(LoadError::Invalid("it imports modules or components".to_owned()));
    };
    if needs.num_memories > MAX_MEMORIES {
        return Err(LoadError::TooManyMemories(needs.num_memories));
    }
    let limit = engine.max_memory_bytes();
    match needs.max_initial_memory_size {
        Some(bytes) if bytes > limit => Err(LoadError::StartsTooLarge { bytes, limit }),
        _ => Ok(()),
    }
}

fn ensure_price(source: &Source) -> Result<(), LoadError> {
    if source.setup_fuel <= setup::MAX_FUEL {
        return Ok(());
    }
    let most = setup::MAX_FUEL;
    Err(LoadError::TooComplex(format!(
        "an instance of it costs more than {most} fuel, or is made of what it is handed"
    )))
}

fn export(component: &Component, name: &'static str) -> Result<ComponentExportIndex, LoadError> {
    match component.get_export(None, name) {
        Some((ComponentItem::ComponentFunc(_), index)) => Ok(index),
        _ => Err(LoadError::MissingExport(name)),
    }
}

/// A linker for this component: the contract, and what it imports of WASI.
fn linker(engine: &Engine, component: &Component) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine.inner());
    host::define(&mut linker)?;
    for (name, item) in component.component_type().imports(engine.inner()) {
        let ComponentItem::ComponentInstance(imported) = &item.ty else {
            continue;
        };
        let interface = name.split_once('@').map_or(name, |(interface, _)| interface);
        if interface.starts_with("wasi:") {
            wasi::define(linker.instance(name)?, interface, imported, engine.inner())?;
        }
    }
    Ok(linker)
}

/// What the pool of slots has no room for is well-formed, but too much.
pub(crate) fn invalid(error: &wasmtime::Error) -> LoadError {
    let sentence = sentence(error);
    if sentence.contains("exceeds the") { LoadError::TooComplex(sentence) } else { LoadError::Invalid(sentence) }
}

/// The innermost messages of an error as one line, without wasmtime's advice to its own embedders.
fn sentence(error: &wasmtime::Error) -> String {
    let chain: Vec<_> = error.chain().map(ToString::to_string).collect();
    vestibule_domain::text::log_text(&chain.join(": "), 512)
}
