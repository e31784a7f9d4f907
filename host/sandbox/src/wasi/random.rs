//! Random numbers from the call's seed.
//!
//! Not for: keys. Whoever has a recording has the seed.

use wasmtime::Result;
use wasmtime::component::LinkerInstance;

use crate::crossing::function;
use crate::state::State;

pub(super) fn octets(linker: &mut LinkerInstance<'_, State>, name: &str) -> Option<Result<()>> {
    Some(match name {
        "get-random-bytes" | "get-insecure-random-bytes" => {
            function(linker, name, |state, (count,): (u64,)| Ok((state.draw(count)?,)))
        }
        "get-random-u64" | "get-insecure-random-u64" => function(linker, name, |state, ()| Ok((state.draw_u64()?,))),
        _ => return None,
    })
}

/// Under the name that it has by now, and the one that it had.
pub(super) fn seed(linker: &mut LinkerInstance<'_, State>, name: &str) -> Option<Result<()>> {
    let draw = |state: &mut State, ()| Ok(((state.draw_u64()?, state.draw_u64()?),));
    matches!(name, "insecure-seed" | "get-insecure-seed").then(|| function(linker, name, draw))
}
