//! The one unsafe block of this project: loading native code that we compiled ourselves.
//!
//! Not for: bytes from anywhere else. The caller has checked our MAC over these bytes and that the engine's settings are those that
//! compiled them; there is no other caller.
#![expect(unsafe_code, reason = "wasmtime loads native code; the seal that makes this sound is checked by the caller")]

use wasmtime::component::Component;

use super::SealError;
use crate::engine::Engine;

/// Loads the code of an artefact whose seal holds.
pub(super) fn deserialize(engine: &Engine, code: &[u8]) -> Result<Component, SealError> {
    // SAFETY: wasmtime asks that the bytes come from its own `serialize`, unchanged. They did: only a process that knows the
    // host's key could have sealed them, and it seals nothing but what `serialize` returned.
    unsafe { Component::deserialize(engine.inner(), code) }.map_err(|error| SealError::Unusable(format!("{error:#}")))
}
