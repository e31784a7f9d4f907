//! What the contract's imports do on the host: one file an interface.
//!
//! Not for: WASI, which serves the runtimes of languages; see [`crate::wasi`]. Nor for counting and pricing calls; see
//! [`crate::crossing`].

mod config;
mod directory;
mod http;
mod log;
mod random;
pub(crate) mod secrets;

use wasmtime::component::{Linker, LinkerInstance};

use crate::contract::{PACKAGE, VERSION};
use crate::state::State;

type Define = fn(&mut LinkerInstance<'_, State>) -> wasmtime::Result<()>;

/// The contract's interfaces that have functions.
const INTERFACES: [(&str, Define); 6] = [
    ("config", config::define),
    ("directory", directory::define),
    ("http", http::define),
    ("log", log::define),
    ("random", random::define),
    ("secrets", secrets::define),
];

/// Defines the contract's imports.
pub(crate) fn define(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    INTERFACES
        .into_iter()
        .try_for_each(|(interface, define)| define(&mut linker.instance(&format!("{PACKAGE}{interface}@{VERSION}"))?))
}
