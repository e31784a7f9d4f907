//! `log`: lines for the administrator.
//!
//! Not for: the host's own log.

use vestibule_domain::log;
use wasmtime::Result;
use wasmtime::component::LinkerInstance;

use crate::bindings::log::Level;
use crate::crossing::{Passes, function};
use crate::state::State;

pub(super) fn define(linker: &mut LinkerInstance<'_, State>) -> Result<()> {
    function(linker, "write", |state, (level, message, fields): (Level, String, Vec<(String, String)>)| {
        let level = match level {
            Level::Trace => log::Level::Trace,
            Level::Debug => log::Level::Debug,
            Level::Info => log::Level::Info,
            Level::Warn => log::Level::Warn,
            Level::Error => log::Level::Error,
        };
        state.log.write(level, &message, &fields, &state.secrets);
        Ok(())
    })
}

impl Passes for Level {
    fn weight(&self) -> u64 {
        1
    }
}
