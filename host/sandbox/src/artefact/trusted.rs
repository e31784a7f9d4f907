//! The one unsafe block of this project: loading native code that we compiled ourselves.
//!
//! Not for: code from anywhere else. It comes out of an [`Artefact`](super::Artefact), of which our MAC holds, and whose engine's settings
//! are those that compiled it; there is no other caller.
#![expect(unsafe_code, reason = "wasmtime loads native code; the seal that makes this sound is checked by the caller")]

use wasmtime::component::Component;

use super::code::Code;
use super::error::SealError;
use crate::engine::Engine;
use crate::link::invalid;
use crate::load_error::LoadError;

/// Loads the code of an artefact whose seal holds.
pub(super) fn deserialize(engine: &Engine, code: &Code) -> Result<Component, SealError> {
    // SAFETY: wasmtime asks that the file's bytes come from its own `precompile_component`, and do not change while they are mapped. They
    // do not: the file has no name and is sealed against writing. They did come from there: only a process that knows the host's key could
    // have sealed them, and it seals nothing but what its compiling child returned. What a child could do that was taken over by the
    // component that it compiled, `host/THREATS.md` says.
    let loaded = unsafe { Component::deserialize_file(engine.inner(), code.path()) };
    loaded.map_err(|error| match invalid(&error) {
        // What the pool has no room for shows only here.
        error @ LoadError::TooComplex(_) => error.into(),
        _ => SealError::Unusable(format!("{error:#}")),
    })
}
