//! One limit on the memory of a call, over all its memories and tables together, with the high-water mark.
//!
//! Not for: memory of the host on behalf of a call; that is bounded by what a transfer may carry and by the budgets. What answers of the
//! world take is held here as well, but no limit of the call's own counts it.

use vestibule_domain::{Cause, Fault};
use vestibule_ledger::Hold;
use wasmtime::ResourceLimiter;

use crate::engine::{MAX_CORE_INSTANCES, MAX_MEMORIES, MAX_TABLES};
use crate::limits::Limits;

/// How often a call may be refused memory before it is stopped.
const MAX_REFUSALS: u32 = 100;
/// What the host takes for one table element.
const TABLE_ELEMENT_BYTES: usize = size_of::<usize>();
/// How much is taken at once of what the host has for all calls: most policies need no more.
const STEP_BYTES: u64 = 2 << 20;
/// What is taken before the world is first asked something: the largest answer, while it is read and while it is handed over.
const ANSWER_BYTES: u64 = 2 << 20;

/// Counts what a call holds. wasmtime's own limiter counts each memory alone.
#[derive(Debug)]
pub(crate) struct Memory {
    /// What is taken of the memory that the host has for all calls together, where it counts them.
    of_host: Option<Hold>,
    /// Of it, what is not the guest's.
    outside_bytes: u64,
    limit_bytes: usize,
    limit_elements: usize,
    /// Whether one memory holds something: it stays the only one.
    occupied: bool,
    bytes: usize,
    elements: usize,
    peak_bytes: usize,
    granted: Granted,
    refused: Option<String>,
    refusals: u32,
}

/// The last grant, and the peak before it.
#[derive(Debug, Default)]
struct Granted {
    bytes: usize,
    peak_bytes: usize,
}

impl Memory {
    pub(crate) const fn new(limits: &Limits, of_host: Option<Hold>) -> Self {
        Self {
            of_host,
            outside_bytes: 0,
            limit_bytes: limits.memory_bytes,
            limit_elements: limits.table_elements,
            occupied: false,
            bytes: 0,
            elements: 0,
            peak_bytes: 0,
            granted: Granted { bytes: 0, peak_bytes: 0 },
            refused: None,
            refusals: 0,
        }
    }

    /// The most that was held at once, in bytes.
    pub(crate) const fn peak_bytes(&self) -> usize {
        self.peak_bytes
    }

    /// Takes what an answer of the world takes. A call asks one question at a time, and what it keeps of answers has budgets.
    pub(crate) fn take_for_answers(&mut self) -> Result<(), Fault> {
        self.outside_bytes = ANSWER_BYTES;
        self.take_of_host(self.bytes)
    }

    /// What the call asked for when it was first refused, if it was.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    fn take(&mut self, bytes: usize) -> wasmtime::Result<bool> {
        match self.bytes.checked_add(bytes) {
            Some(total) if total <= self.limit_bytes => {
                self.take_of_host(total)?;
                self.granted = Granted { bytes, peak_bytes: self.peak_bytes };
                self.bytes = total;
                self.peak_bytes = self.peak_bytes.max(total);
                Ok(true)
            }
            _ => {
                let (held, limit) = (self.bytes, self.limit_bytes);
                self.refuse(|| format!("{bytes} bytes beyond the {held} in use exceed the limit of {limit}"))
            }
        }
    }

    /// Takes what is missing of the host's memory. There being none is not the policy's fault, and no answer may depend on it: it ends
    /// the call.
    fn take_of_host(&mut self, total: usize) -> Result<(), Fault> {
        let Some(hold) = &mut self.of_host else { return Ok(()) };
        match (total as u64).saturating_add(self.outside_bytes).saturating_sub(hold.amount()) {
            0 => Ok(()),
            missing => hold.grow(missing.next_multiple_of(STEP_BYTES)).map_err(Fault::from),
        }
    }

    /// Undoes the last grant, which came to nothing.
    fn give_back(&mut self) {
        let Granted { bytes, peak_bytes } = std::mem::take(&mut self.granted);
        if bytes > 0 {
            self.bytes = self.bytes.saturating_sub(bytes);
            self.peak_bytes = peak_bytes;
        }
    }

    /// Refuses once more. A guest may live with a refusal, but each one costs the host far more than the guest's fuel says.
    fn refuse(&mut self, asked: impl FnOnce() -> String) -> wasmtime::Result<bool> {
        self.refusals += 1;
        let asked = self.refused.get_or_insert_with(asked);
        if self.refusals > MAX_REFUSALS {
            return Err(Fault::new(Cause::OutOfMemory, format!("{asked}; refused {MAX_REFUSALS} times")).into());
        }
        Ok(false)
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        // The toolchain for JavaScript composes stubs, whose memories stay empty. Two that hold something are two programs, which
        // could pass each other references that the host checks least.
        let first = current == 0 && desired > 0;
        if first && self.occupied {
            return self.refuse(|| "a second memory: a policy has one".to_owned());
        }
        let granted = self.take(desired.saturating_sub(current))?;
        self.occupied |= first && granted;
        Ok(granted)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        let (held, limit) = (self.elements, self.limit_elements);
        if held.saturating_add(more) > limit {
            return self
                .refuse(|| format!("{more} table elements beyond the {held} in use exceed the limit of {limit}"));
        }
        let granted = self.take(more.saturating_mul(TABLE_ELEMENT_BYTES))?;
        if granted {
            self.elements = held.saturating_add(more);
        }
        Ok(granted)
    }

    // The memory's own maximum or the slot may be smaller than the limit: then growing fails after it was granted.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.give_back();
        self.refuse(|| error.to_string()).map(drop)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.elements = self.elements.saturating_sub(self.granted.bytes / TABLE_ELEMENT_BYTES);
        self.give_back();
        self.refuse(|| error.to_string()).map(drop)
    }

    fn instances(&self) -> usize {
        MAX_CORE_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        MAX_TABLES as usize
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES as usize
    }
}

#[cfg(test)]
mod tests {
    use vestibule_ledger::{Owner, Pool, Resource, Share};

    use super::*;

    fn memory() -> Memory {
        Memory::new(&Limits { memory_bytes: 1000, table_elements: 50, ..Limits::default() }, None)
    }

    #[test]
    fn what_the_host_has_no_more_of_ends_the_call_and_is_given_back() {
        let pool = Pool::new(Resource::Instances, 8 << 20, Share { most: 8 << 20 });
        let limits = Limits::default();
        let mut memory = Memory::new(&limits, pool.take(&Owner::Host, 0).ok());
        assert!(memory.memory_growing(0, 1000, None).unwrap());
        assert!(memory.memory_growing(1000, 2000, None).unwrap());
        assert_eq!(pool.usage().0, STEP_BYTES);
        let refused = memory.memory_growing(2000, 6 << 20, None).unwrap_err();
        let fault = refused.downcast_ref::<Fault>().unwrap();
        assert_eq!(fault.cause, Cause::Overloaded);
        assert!(fault.detail.contains(Resource::Instances.name()), "{fault}");
        drop(memory);
        assert_eq!(pool.usage().0, 0);
    }

    #[test]
    fn what_answers_take_is_held_once_and_is_not_the_guests() {
        let pool = Pool::new(Resource::Instances, 8 << 20, Share { most: 4 << 20 });
        let mut memory = Memory::new(&Limits::default(), pool.take(&Owner::Host, 0).ok());
        (0..9).for_each(|_| memory.take_for_answers().unwrap());
        assert_eq!((pool.usage().0, memory.peak_bytes()), (ANSWER_BYTES, 0));
        assert!(memory.memory_growing(0, 1000, None).unwrap());
        assert_eq!((pool.usage().0, memory.peak_bytes()), (ANSWER_BYTES + STEP_BYTES, 1000));
        let mut late = Memory::new(&Limits::default(), pool.take(&Owner::Host, 0).ok());
        assert_eq!(late.take_for_answers().unwrap_err().cause, Cause::Overloaded);
    }

    #[test]
    fn memories_and_tables_share_one_limit() -> wasmtime::Result<()> {
        let mut memory = memory();
        assert!(memory.memory_growing(0, 700, None)?);
        assert!(memory.table_growing(0, 30, None)?);
        assert!(!memory.memory_growing(700, 800, None)?);
        assert_eq!(memory.peak_bytes(), 700 + 30 * TABLE_ELEMENT_BYTES);
        assert!(memory.refused().is_some_and(|asked| asked.starts_with("100 bytes")));
        Ok(())
    }

    #[test]
    fn growth_that_fails_after_all_is_given_back() -> wasmtime::Result<()> {
        let mut memory = memory();
        assert!(memory.memory_growing(0, 100, None)?);
        assert!(memory.memory_growing(100, 900, None)?);
        memory.memory_grow_failed(wasmtime::Error::msg("no"))?;
        assert_eq!((memory.bytes, memory.peak_bytes()), (100, 100));
        Ok(())
    }

    #[test]
    fn only_one_memory_may_hold_anything() -> wasmtime::Result<()> {
        let mut memory = memory();
        assert!(memory.memory_growing(0, 0, None)?);
        assert!(memory.memory_growing(0, 100, None)?);
        assert!(memory.memory_growing(100, 200, None)?);
        assert!(memory.memory_growing(0, 0, None)?);
        assert!(!memory.memory_growing(0, 1, None)?);
        Ok(())
    }

    #[test]
    fn table_elements_have_a_limit_of_their_own() -> wasmtime::Result<()> {
        let mut memory = memory();
        assert!(memory.table_growing(0, 50, None)?);
        assert!(!memory.table_growing(50, 51, None)?);
        Ok(())
    }
}
