//! Streams: input that is always at its end, and output that ends in the log.
//!
//! Not for: real input or output.

use wasmtime::component::{ComponentType, Lift, Lower, Resource};

use crate::crossing::Passes;
use crate::logbook::Stream;

/// What one write may carry: `check-write` promises it, and writing more is a trap, as WASI has it.
pub(super) const WRITE_BYTES: usize = 64 << 10;

/// Standard input: always at its end.
pub(super) enum Input {}
/// An input or output that is a terminal: there is none.
pub(super) enum Terminal {}
/// An open file: there is none.
pub(super) enum Descriptor {}
/// What went wrong with a stream: nothing ever does.
pub(super) enum Error {}

/// Standard output or error. The handle's representation says which, so nothing is kept for it.
pub(super) enum Output {}

const STDOUT: u32 = 1;
const STDERR: u32 = 2;

impl Output {
    pub(super) fn stdout() -> Resource<Self> {
        Resource::new_own(STDOUT)
    }

    pub(super) fn stderr() -> Resource<Self> {
        Resource::new_own(STDERR)
    }

    pub(super) fn stream(handle: &Resource<Self>) -> Stream {
        if handle.rep() == STDERR { Stream::Stderr } else { Stream::Stdout }
    }
}

/// `wasi:io/streams` `stream-error`. The first case is part of the type but never made.
#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
pub(super) enum StreamError {
    #[component(name = "last-operation-failed")]
    LastOperationFailed(Resource<Error>),
    #[component(name = "closed")]
    Closed,
}

impl Passes for StreamError {
    fn weight(&self) -> u64 {
        1
    }
}
