//! All of WASI 0.2 that a policy gets: standard output as log lines, clocks, randomness, an empty environment, an exit.
//!
//! Not for: files, sockets, HTTP. What is not listed here can be imported, since the standard libraries of most languages do, but
//! calling it ends the policy with cause `capability-denied`. Written for this house instead of linking a full WASI: a policy has
//! no use for the rest, and most advisories of the last years were in the rest.

mod clocks;
mod io;

use vestibule_domain::{Cause, Fault};
use wasmtime::component::types::{ComponentInstance, ComponentItem};
use wasmtime::component::{LinkerInstance, Resource, ResourceType};
use wasmtime::{Engine, Result};

use crate::crossing::function;
use crate::state::State;
use crate::world::Capability;
use clocks::{Datetime, Pollable};
use io::{Descriptor, Input, Output, StreamError, Terminal};

/// Resources that can be named but never held.
enum Refused {}

/// What it gives a policy to import an interface.
pub(crate) enum Import {
    /// Something to use.
    Gives(Capability),
    /// Nothing, but every standard library imports it: no input, no environment, no files.
    Harmless,
    /// The end of the call that uses it.
    Refused,
}

/// Judges one interface, such as `wasi:cli/exit`, as [`define_function`] defines it.
pub(crate) fn import(interface: &str) -> Import {
    match interface {
        "wasi:clocks/wall-clock" => Import::Gives(Capability::Clock),
        "wasi:random/random" | "wasi:random/insecure" | "wasi:random/insecure-seed" => {
            Import::Gives(Capability::Random)
        }
        "wasi:cli/stdout" | "wasi:cli/stderr" => Import::Gives(Capability::Output),
        "wasi:io/poll" => Import::Gives(Capability::Sleep),
        "wasi:cli/environment"
        | "wasi:cli/exit"
        | "wasi:cli/stdin"
        | "wasi:cli/terminal-input"
        | "wasi:cli/terminal-output"
        | "wasi:cli/terminal-stderr"
        | "wasi:cli/terminal-stdin"
        | "wasi:cli/terminal-stdout"
        | "wasi:clocks/monotonic-clock"
        | "wasi:filesystem/preopens"
        | "wasi:io/error"
        | "wasi:io/streams" => Import::Harmless,
        _ => Import::Refused,
    }
}

/// Defines what a component imports of one interface, such as `wasi:cli/exit`.
pub(crate) fn define(
    mut linker: LinkerInstance<'_, State>,
    interface: &str,
    imported: &ComponentInstance,
    engine: &Engine,
) -> Result<()> {
    for (name, item) in imported.exports(engine) {
        match item.ty {
            ComponentItem::ComponentFunc(_) => define_function(&mut linker, interface, name)?,
            ComponentItem::Resource(_) => define_resource(&mut linker, name)?,
            _ => {}
        }
    }
    Ok(())
}

fn define_resource(linker: &mut LinkerInstance<'_, State>, name: &str) -> Result<()> {
    let ty = match name {
        "pollable" => return clocks::define_pollable(linker),
        "error" => ResourceType::host::<io::Error>(),
        "input-stream" => ResourceType::host::<Input>(),
        "output-stream" => ResourceType::host::<Output>(),
        "terminal-input" | "terminal-output" => ResourceType::host::<Terminal>(),
        "descriptor" => ResourceType::host::<Descriptor>(),
        _ => ResourceType::host::<Refused>(),
    };
    // Nothing is kept for these handles, so there is nothing to drop.
    linker.resource(name, ty, |_, _| Ok(()))
}

/// One table: what is not in it is refused.
fn define_function(linker: &mut LinkerInstance<'_, State>, interface: &str, name: &str) -> Result<()> {
    match (interface, name) {
        ("wasi:cli/environment", "get-environment") => {
            function(linker, name, |_, ()| Ok((Vec::<(String, String)>::new(),)))
        }
        ("wasi:cli/environment", "get-arguments") => function(linker, name, |_, ()| Ok((Vec::<String>::new(),))),
        ("wasi:cli/environment", "initial-cwd") => function(linker, name, |_, ()| Ok((None::<String>,))),
        ("wasi:cli/exit", "exit") => function(linker, name, |_, (status,): (Result<(), ()>,)| -> Result<()> {
            let how = if status.is_ok() { "success" } else { "failure" };
            Err(Fault::new(Cause::Exited, format!("the policy ended its process with {how}")).into())
        }),
        ("wasi:cli/stdin", "get-stdin") => function(linker, name, |_, ()| Ok((Resource::<Input>::new_own(0),))),
        ("wasi:cli/stdout", "get-stdout") => function(linker, name, |_, ()| Ok((Output::stdout(),))),
        ("wasi:cli/stderr", "get-stderr") => function(linker, name, |_, ()| Ok((Output::stderr(),))),
        (
            "wasi:cli/terminal-stdin" | "wasi:cli/terminal-stdout" | "wasi:cli/terminal-stderr",
            "get-terminal-stdin" | "get-terminal-stdout" | "get-terminal-stderr",
        ) => function(linker, name, |_, ()| Ok((None::<Resource<Terminal>>,))),

        ("wasi:clocks/wall-clock", "now") => {
            function(linker, name, |state, ()| Ok((Datetime::of(&state.circumstances),)))
        }
        ("wasi:clocks/wall-clock", "resolution") => function(linker, name, |_, ()| Ok((Datetime::SECOND,))),
        ("wasi:clocks/monotonic-clock", "now") => {
            function(linker, name, |state, ()| Ok((clocks::nanoseconds(state.slept),)))
        }
        ("wasi:clocks/monotonic-clock", "resolution") => function(linker, name, |_, ()| Ok((1_u64,))),
        ("wasi:clocks/monotonic-clock", "subscribe-duration") => function(linker, name, |state, (nanos,): (u64,)| {
            let wake = clocks::nanoseconds(state.slept).saturating_add(nanos);
            Ok((state.hold(Pollable::at(wake))?,))
        }),
        ("wasi:clocks/monotonic-clock", "subscribe-instant") => {
            function(linker, name, |state, (wake,): (u64,)| Ok((state.hold(Pollable::at(wake))?,)))
        }

        // The one generator of the call serves them all: an insecure source need not be worse.
        ("wasi:random/random", "get-random-bytes") | ("wasi:random/insecure", "get-insecure-random-bytes") => {
            function(linker, name, |state, (count,): (u64,)| Ok((state.draw(count)?,)))
        }
        ("wasi:random/random", "get-random-u64") | ("wasi:random/insecure", "get-insecure-random-u64") => {
            function(linker, name, |state, ()| Ok((state.draw_u64()?,)))
        }
        ("wasi:random/insecure-seed", "insecure-seed" | "get-insecure-seed") => {
            function(linker, name, |state, ()| Ok(((state.draw_u64()?, state.draw_u64()?),)))
        }

        ("wasi:filesystem/preopens", "get-directories") => {
            function(linker, name, |_, ()| Ok((Vec::<(Resource<Descriptor>, String)>::new(),)))
        }

        ("wasi:io/error", "[method]error.to-debug-string") => {
            function(linker, name, |_, (_,): (Resource<io::Error>,)| Ok(("closed".to_owned(),)))
        }
        ("wasi:io/streams", "[method]input-stream.read" | "[method]input-stream.blocking-read") => {
            function(linker, name, |_, (_, _): (Resource<Input>, u64)| Ok((Err::<Vec<u8>, _>(StreamError::Closed),)))
        }
        ("wasi:io/streams", "[method]input-stream.subscribe") => {
            function(linker, name, |state, (_,): (Resource<Input>,)| Ok((state.hold(Pollable::at(0))?,)))
        }
        ("wasi:io/streams", "[method]output-stream.check-write") => {
            function(linker, name, |_, (_,): (Resource<Output>,)| Ok((Ok::<_, StreamError>(io::WRITE_BYTES as u64),)))
        }
        ("wasi:io/streams", "[method]output-stream.write" | "[method]output-stream.blocking-write-and-flush") => {
            function(linker, name, |state, (stream, octets): (Resource<Output>, Vec<u8>)| {
                if octets.len() > io::WRITE_BYTES {
                    wasmtime::bail!("a write of {} bytes, more than was promised", octets.len());
                }
                state.log.print(Output::stream(&stream), &octets, &state.secrets);
                Ok((Ok::<_, StreamError>(()),))
            })
        }
        ("wasi:io/streams", "[method]output-stream.flush" | "[method]output-stream.blocking-flush") => {
            function(linker, name, |_, (_,): (Resource<Output>,)| Ok((Ok::<_, StreamError>(()),)))
        }
        ("wasi:io/streams", "[method]output-stream.subscribe") => {
            function(linker, name, |state, (_,): (Resource<Output>,)| Ok((state.hold(Pollable::at(0))?,)))
        }
        ("wasi:io/poll", "[method]pollable.ready") => {
            function(linker, name, |state, (pollable,): (Resource<Pollable>,)| {
                Ok((state.handles.get(&pollable)?.is_ready(state.slept),))
            })
        }
        ("wasi:io/poll", "[method]pollable.block") => clocks::define_block(linker, name),
        ("wasi:io/poll", "poll") => clocks::define_poll(linker, name),

        _ => refuse(linker, interface, name),
    }
}

/// A function that can be imported but not called.
fn refuse(linker: &mut LinkerInstance<'_, State>, interface: &str, name: &str) -> Result<()> {
    let what = format!("`{interface}` `{name}` is not available to policies");
    linker.func_new(name, move |_, _, _, _| Err(Fault::new(Cause::CapabilityDenied, &what).into()))
}
