//! Random numbers from the call's seed.
//!
//! Not for: keys. Whoever has a recording has the seed.

use wasmtime::Result;
use wasmtime::component::LinkerInstance;

use crate::crossing::function;
use crate::state::State;

pub(super) fn random(linker: &mut LinkerInstance<'_, State>, name: &str) -> Option<Result<()>> {
    draws(linker, name, ["get-random-bytes", "get-random-u64"])
}

/// It need not be worse: the one generator of the call serves both.
pub(super) fn insecure(linker: &mut LinkerInstance<'_, State>, name: &str) -> Option<Result<()>> {
    draws(linker, name, ["get-insecure-random-bytes", "get-insecure-random-u64"])
}

fn draws(linker: &mut LinkerInstance<'_, State>, name: &str, [bytes, number]: [&str; 2]) -> Option<Result<()>> {
    match name {
        _ if name == bytes => Some(function(linker, name, |state, (count,): (u64,)| Ok((state.draw(count)?,)))),
        _ if name == number => Some(function(linker, name, |state, ()| Ok((state.draw_u64()?,)))),
        _ => None,
    }
}

/// Under the name that it has by now, and the one that it had.
pub(super) fn seed(linker: &mut LinkerInstance<'_, State>, name: &str) -> Option<Result<()>> {
    let draw = |state: &mut State, ()| Ok(((state.draw_u64()?, state.draw_u64()?),));
    matches!(name, "insecure-seed" | "get-insecure-seed").then(|| function(linker, name, draw))
}
