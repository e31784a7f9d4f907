//! `wasi:random/random`: bytes from the call's seed.

use rand::RngCore as _;
use wasmtime::Result;

use crate::bindings::random::Host;
use crate::state::State;

impl Host for State {
    fn get_random_bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        self.charge()?;
        self.budget.take_random(len)?;
        // The budget is far below what a buffer may hold.
        let mut bytes = vec![0; usize::try_from(len)?];
        self.random().fill_bytes(&mut bytes);
        Ok(bytes)
    }

    fn get_random_u64(&mut self) -> Result<u64> {
        self.charge()?;
        self.budget.take_random(size_of::<u64>() as u64)?;
        Ok(self.random().next_u64())
    }
}
