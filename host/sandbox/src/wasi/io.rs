//! Streams: input that is always at its end, and output that ends in the log.
//!
//! Not for: real input or output.

use wasmtime::Result;
use wasmtime::component::{ComponentType, Lift, LinkerInstance, Lower, Resource};

use super::clocks::Pollable;
use crate::crossing::{Passes, function};
use crate::logbook::Stream;
use crate::state::State;

/// What one write may carry: `check-write` promises it, and writing more is a trap, as WASI has it.
const WRITE_BYTES: usize = 64 << 10;

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

    fn stream(handle: &Resource<Self>) -> Stream {
        if handle.rep() == STDERR { Stream::Stderr } else { Stream::Stdout }
    }
}

/// `wasi:io/streams` `stream-error`. The first case is part of the type but never made.
#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum StreamError {
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

pub(super) fn preopens(linker: &mut LinkerInstance<'_, State>, name: &str) -> Option<Result<()>> {
    let none = |_: &mut State, ()| Ok((Vec::<(Resource<Descriptor>, String)>::new(),));
    (name == "get-directories").then(|| function(linker, name, none))
}

pub(super) fn error(linker: &mut LinkerInstance<'_, State>, name: &str) -> Option<Result<()>> {
    let text = |_: &mut State, (_,): (Resource<Error>,)| Ok(("closed".to_owned(),));
    (name == "[method]error.to-debug-string").then(|| function(linker, name, text))
}

pub(super) fn streams(linker: &mut LinkerInstance<'_, State>, name: &str) -> Option<Result<()>> {
    Some(match name {
        "[method]input-stream.read" | "[method]input-stream.blocking-read" => {
            function(linker, name, |_, (_, _): (Resource<Input>, u64)| Ok((Err::<Vec<u8>, _>(StreamError::Closed),)))
        }
        "[method]input-stream.subscribe" => {
            function(linker, name, |state, (_,): (Resource<Input>,)| Ok((state.hold(Pollable::at(0))?,)))
        }
        "[method]output-stream.check-write" => {
            function(linker, name, |_, (_,): (Resource<Output>,)| Ok((Ok::<_, StreamError>(WRITE_BYTES as u64),)))
        }
        "[method]output-stream.write" | "[method]output-stream.blocking-write-and-flush" => {
            function(linker, name, |state, (stream, octets): (Resource<Output>, Vec<u8>)| {
                if octets.len() > WRITE_BYTES {
                    wasmtime::bail!("a write of {} bytes, more than was promised", octets.len());
                }
                state.log.print(Output::stream(&stream), &octets, &state.secrets);
                Ok((Ok::<_, StreamError>(()),))
            })
        }
        "[method]output-stream.flush" | "[method]output-stream.blocking-flush" => {
            function(linker, name, |_, (_,): (Resource<Output>,)| Ok((Ok::<_, StreamError>(()),)))
        }
        "[method]output-stream.subscribe" => {
            function(linker, name, |state, (_,): (Resource<Output>,)| Ok((state.hold(Pollable::at(0))?,)))
        }
        _ => return None,
    })
}
