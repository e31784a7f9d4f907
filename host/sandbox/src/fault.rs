//! Finds the cause behind an error of wasmtime, so that every way to fail has its own code.
//!
//! Not for: answers that are not believed; those faults come from the domain's checks.

use vestibule_domain::{Cause, Fault};
use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace};

use crate::state::State;

/// Says why a call failed. The host's own verdicts travel inside the error; everything else is the guest's doing.
pub(crate) fn diagnose(error: &wasmtime::Error, state: &State) -> Fault {
    if let Some(fault) = error.downcast_ref::<Fault>() {
        return fault.clone();
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return Fault::new(Cause::Overloaded, error.root_cause().to_string());
    }
    if let Some(cause) = error.downcast_ref::<Trap>().and_then(|trap| limit_behind(*trap)) {
        return Fault::new(cause, error.root_cause().to_string());
    }
    // A guest that was refused memory, or a capability, and then fails by itself fails for want of that.
    if let Some(asked) = state.memory.refused() {
        return Fault::new(Cause::OutOfMemory, asked);
    }
    if let Some(fault) = state.failed_capability() {
        return fault.clone();
    }
    Fault::new(blame(error), error.root_cause().to_string())
}

const fn limit_behind(trap: Trap) -> Option<Cause> {
    match trap {
        Trap::OutOfFuel => Some(Cause::OutOfFuel),
        Trap::Interrupt => Some(Cause::Deadline),
        Trap::StackOverflow => Some(Cause::StackOverflow),
        _ => None,
    }
}

/// An error with guest frames on the stack came from the guest's code or from what it handed to a host call; one without came
/// from reading its answer.
fn blame(error: &wasmtime::Error) -> Cause {
    let inside_guest = error.is::<WasmBacktrace>();
    // The error's type is private to wasmtime; the version is pinned and a probe watches the words.
    let too_large = error.root_cause().to_string().contains("fuel allocated for hostcalls has been exhausted");
    match (inside_guest || error.is::<Trap>(), too_large) {
        (true, true) => Cause::HostCallBudget,
        (true, false) => Cause::Trap,
        (false, true) => Cause::OutputTooLarge,
        (false, false) => Cause::InvalidOutput,
    }
}
