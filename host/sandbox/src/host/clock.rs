//! `wasi:clocks/wall-clock`: the time of the login, standing still.

use wasmtime::Result;

use crate::bindings::wall_clock::{Datetime, Host};
use crate::state::State;

impl Host for State {
    fn now(&mut self) -> Result<Datetime> {
        self.charge()?;
        Ok(Datetime { seconds: self.circumstances.unix_seconds, nanoseconds: self.circumstances.nanoseconds })
    }

    fn resolution(&mut self) -> Result<Datetime> {
        self.charge()?;
        Ok(Datetime { seconds: 1, nanoseconds: 0 })
    }
}
