//! `random`: octets from the call's seed.
//!
//! Not for: anything that must differ between a call and its replay.

use wasmtime::Result;
use wasmtime::component::LinkerInstance;

use crate::crossing::function;
use crate::state::State;

pub(super) fn define(linker: &mut LinkerInstance<'_, State>) -> Result<()> {
    function(linker, "bytes", |state, (count,): (u32,)| Ok((state.draw(u64::from(count))?,)))
}
