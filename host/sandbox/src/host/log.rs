//! `log`: lines for the administrator.
//!
//! Not for: the host's own log.

use vestibule_domain::log;
use wasmtime::Result;

use crate::bindings::log::{Host, Level};
use crate::state::State;

impl Host for State {
    fn write(&mut self, level: Level, message: String, fields: Vec<(String, String)>) -> Result<()> {
        self.charge()?;
        let level = match level {
            Level::Trace => log::Level::Trace,
            Level::Debug => log::Level::Debug,
            Level::Info => log::Level::Info,
            Level::Warn => log::Level::Warn,
            Level::Error => log::Level::Error,
        };
        self.log.write(level, &message, &fields, &self.secrets);
        Ok(())
    }
}
