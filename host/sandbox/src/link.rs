//! From a component's bytes to a policy: checked to be one of this world, compiled and linked.
//!
//! Not for: believing code that was compiled elsewhere; see [`crate::Artefact`].

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, ComponentExportIndex, Linker};

use crate::compiled::{Compiled, Linked, Source, is_core_module};
use crate::engine::{Engine, MAX_MEMORIES};
use crate::load_error::{LoadError, MAX_COMPONENT_BYTES};
use crate::state::State;
use crate::world::Imports;
use crate::{bindings, host, setup, wasi};

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
        Ok(Self::of(engine.clone(), Linked { pre, post_auth, manifest }, imports, source))
    }
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
