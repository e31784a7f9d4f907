//! What the contract's imports do on the host: one file an interface.
//!
//! Not for: WASI, which serves the runtimes of languages; see [`crate::wasi`].

mod config;
mod directory;
mod http;
mod log;
mod random;
pub(crate) mod secrets;

use wasmtime::component::{HasSelf, Linker};

use crate::bindings::Policy;
use crate::state::State;

/// Defines the contract's imports.
pub(crate) fn define(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    Policy::add_to_linker::<_, HasSelf<State>>(linker, |state| state)
}

/// Types alone: there is nothing to do.
impl crate::bindings::types::Host for State {}
