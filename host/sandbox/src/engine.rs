//! The engine: one wasmtime engine with the settings of a multi-tenant host, and the clock that interrupts its guests.
//!
//! Not for: policies. One engine serves every policy of a process; two engines in one process would only invite mix-ups between
//! their stores (RUSTSEC-2026-0222).

use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Strategy, WasmBacktraceDetails,
    WasmFeatures,
};

/// How often guests look at the clock. A stopped loop overruns its deadline by one tick at most.
const TICK: Duration = Duration::from_millis(1);

/// What one process reserves for calls. Address space is reserved up front; memory is taken as calls use it.
#[derive(Debug, Clone)]
pub struct Capacity {
    /// Calls that run at once; the next one is refused with cause `overloaded`. Default 256: on two cores a call of microseconds
    /// never queues behind that many, and slow directories may hold some of them.
    pub concurrent_calls: u32,
    /// The largest linear memory that any policy's limits may allow, in bytes. Default 128 MiB.
    pub max_memory_bytes: usize,
    /// The largest table that any policy may have, in elements. Default 20,000.
    pub max_table_elements: usize,
    /// Memory that stays mapped in a slot between calls, in bytes, reset by copying instead of unmapping. Default 256 KiB: a Rust
    /// policy touches less, so that its slot never faults again. [`Capacity::resident_bytes`] says what that comes to.
    pub keep_resident_bytes: usize,
}

impl Default for Capacity {
    fn default() -> Self {
        Self {
            concurrent_calls: 256,
            max_memory_bytes: 128 << 20,
            max_table_elements: 20_000,
            keep_resident_bytes: 256 << 10,
        }
    }
}

impl Capacity {
    /// The most that stays in memory after as many calls at once as there may be, in bytes: 96 MiB by default. A call touches one
    /// memory, as a policy may have no second one that holds anything; tables and stacks are used again before new ones are.
    pub const fn resident_bytes(&self) -> usize {
        let calls = self.concurrent_calls as usize;
        let memories = calls.saturating_add(WARM_SLOTS as usize).saturating_mul(self.keep_resident_bytes);
        let tables = calls.saturating_mul(TABLES_PER_CALL as usize).saturating_mul(TABLE_RESIDENT_BYTES);
        memories.saturating_add(tables).saturating_add(calls.saturating_mul(STACK_RESIDENT_BYTES))
    }
}

/// Core instances in one component. CPython from componentize-py has 15.
pub(crate) const MAX_CORE_INSTANCES: u32 = 64;
/// Tables in one component. CPython has one of its own and one for each shim.
pub(crate) const MAX_TABLES: u32 = 16;
/// Memories in one component, all but one of them empty. JavaScript from componentize-qjs has 3.
pub(crate) const MAX_MEMORIES: u32 = 4;
/// Bookkeeping of one instance in bytes; CPython's takes the most.
const INSTANCE_BYTES: usize = 4 << 20;
/// Memory slots that wait for the policy that ran in them last. Beyond that many the oldest serves another policy before a new one is
/// touched.
const WARM_SLOTS: u32 = 64;
/// What stays of a table between calls, in bytes: a Rust policy touches a page.
const TABLE_RESIDENT_BYTES: usize = 8 << 10;
/// What stays of a stack between calls, in bytes.
const STACK_RESIDENT_BYTES: usize = 32 << 10;
/// Tables in the pool for each call at once: most policies have 1 to 4.
const TABLES_PER_CALL: u32 = 4;
/// The guest's share of a stack. The host's share is what [`ASYNC_STACK_BYTES`] adds.
const WASM_STACK_BYTES: usize = 512 << 10;
const ASYNC_STACK_BYTES: usize = 1 << 20;

/// Why an engine could not be made.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The settings do not fit this machine: the address space is too small, or the processor lacks something.
    #[error("cannot set up the WebAssembly engine: {0}")]
    Unsupported(String),
    /// The interrupting clock could not be started.
    #[error("cannot start the clock that interrupts policies: {0}")]
    Clock(#[from] std::io::Error),
}

/// A handle to the engine; clones share it.
#[derive(Clone)]
pub struct Engine {
    inner: wasmtime::Engine,
    max_memory_bytes: usize,
}

impl Engine {
    /// Makes an engine and starts its clock. The clock stops when the last handle and the last policy are gone.
    ///
    /// # Errors
    /// When the machine cannot give what the capacity asks for.
    pub fn new(capacity: &Capacity) -> Result<Self, EngineError> {
        let inner =
            wasmtime::Engine::new(&config(capacity)).map_err(|error| EngineError::Unsupported(format!("{error:#}")))?;
        start_clock(&inner)?;
        Ok(Self { inner, max_memory_bytes: capacity.max_memory_bytes })
    }

    /// The largest memory that fits into a slot.
    pub(crate) const fn max_memory_bytes(&self) -> u64 {
        self.max_memory_bytes as u64
    }

    pub(crate) const fn inner(&self) -> &wasmtime::Engine {
        &self.inner
    }
}

/// The weak handle lets the thread end by itself.
fn start_clock(engine: &wasmtime::Engine) -> Result<(), EngineError> {
    let engine = engine.weak();
    thread::Builder::new().name("vestibule-epoch".to_owned()).spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    })?;
    Ok(())
}

fn config(capacity: &Capacity) -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(OptLevel::Speed)
        // Two limits on time that fail independently: fuel is exact and repeatable, the epoch also bounds what fuel misprices.
        .consume_fuel(true)
        .epoch_interruption(true)
        // A recorded call must compute the same numbers on another processor.
        .cranelift_nan_canonicalization(true)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(ASYNC_STACK_BYTES)
        // A stack's next user may be another tenant's policy.
        .async_stack_zeroing(true)
        // Traps by signal keep the Spectre guards of memory and table accesses.
        .signals_based_traps(true)
        .wasm_backtrace_max_frames(NonZeroUsize::new(20))
        // Otherwise a variable of the environment would decide, and make the host read a guest's debug information.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        // Everything below is surface that no toolchain for policies needs.
        .concurrency_support(false)
        .shared_memory(false)
        .gc_support(false)
        .wasm_memory64(false)
        .wasm_tail_call(false)
        .wasm_relaxed_simd(false)
        .wasm_wide_arithmetic(false)
        .wasm_custom_page_sizes(false)
        .wasm_stack_switching(false)
        .wasm_branch_hinting(false)
        .wasm_features(WasmFeatures::THREADS, false)
        .wasm_features(WasmFeatures::EXCEPTIONS, false)
        .wasm_features(WasmFeatures::FUNCTION_REFERENCES, false)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(capacity)));
    config
}

/// One slot of everything for each concurrent call, kept warm between calls.
fn pool(capacity: &Capacity) -> PoolingAllocationConfig {
    let calls = capacity.concurrent_calls;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls)
        .total_stacks(calls)
        // Most policies have 1 memory and 1 to 4 core instances and tables; a pool of nothing but Python or JavaScript runs out of
        // some of them first, and says so.
        .total_memories(calls.saturating_mul(2))
        .total_core_instances(calls.saturating_mul(16))
        .total_tables(calls.saturating_mul(TABLES_PER_CALL))
        .max_core_instances_per_component(MAX_CORE_INSTANCES)
        .max_tables_per_component(MAX_TABLES)
        .max_tables_per_module(MAX_TABLES)
        .max_memories_per_component(MAX_MEMORIES)
        .max_component_instance_size(INSTANCE_BYTES)
        .max_core_instance_size(INSTANCE_BYTES)
        .max_memory_size(capacity.max_memory_bytes)
        .table_elements(capacity.max_table_elements)
        .max_unused_warm_slots(WARM_SLOTS.min(calls))
        .linear_memory_keep_resident(capacity.keep_resident_bytes)
        .table_keep_resident(TABLE_RESIDENT_BYTES)
        .async_stack_keep_resident(STACK_RESIDENT_BYTES)
        // Asks the kernel which pages a call touched, and resets only those (Linux 6.7 or newer).
        .pagemap_scan(Enabled::Auto);
    pool
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_after_a_flood_has_a_bound() {
        assert_eq!(Capacity::default().resident_bytes(), 96 << 20);
    }
}
