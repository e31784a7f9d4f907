//! `random`: octets from the call's seed.
//!
//! Not for: anything that must differ between a call and its replay.

use wasmtime::Result;

use crate::bindings::random::Host;
use crate::state::State;

impl Host for State {
    fn bytes(&mut self, count: u32) -> Result<Vec<u8>> {
        self.charge()?;
        Ok(self.draw(u64::from(count))?)
    }
}
