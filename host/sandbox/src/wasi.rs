//! All of WASI 0.2 that a policy gets: standard output as log lines, clocks, randomness, an empty environment, an exit.
//!
//! Not for: files, sockets, HTTP. What is not listed here can be imported, since the standard libraries of most languages do, but
//! calling it ends the policy with cause `capability-denied`. Written for this house instead of linking a full WASI: a policy has
//! no use for the rest, and most advisories of the last years were in the rest.

mod cli;
mod clocks;
mod io;
mod random;

use vestibule_domain::{Cause, Fault};
use wasmtime::component::types::{ComponentInstance, ComponentItem};
use wasmtime::component::{LinkerInstance, ResourceType};
use wasmtime::{Engine, Result};

use crate::state::State;
use crate::world::capability::Capability;
use io::{Descriptor, Input, Output, Terminal};

/// Resources that can be named but never held.
enum Refused {}

/// What it gives a policy to import an interface.
#[derive(Clone, Copy)]
pub(crate) enum Import {
    /// Something to use.
    Gives(Capability),
    /// Nothing, but every standard library imports it: no input, no environment, no files.
    Harmless,
    /// The end of the call that uses it.
    Refused,
}

/// Defines a function of an interface, if there is one of this name.
type Functions = fn(&mut LinkerInstance<'_, State>, &str) -> Option<Result<()>>;

/// The one table of interfaces: what is not in it is refused.
const INTERFACES: [(&str, Import, Functions); 19] = [
    ("wasi:cli/environment", Import::Harmless, cli::environment),
    ("wasi:cli/exit", Import::Harmless, cli::exit),
    ("wasi:cli/stderr", Import::Gives(Capability::Output), cli::stderr),
    ("wasi:cli/stdin", Import::Harmless, cli::stdin),
    ("wasi:cli/stdout", Import::Gives(Capability::Output), cli::stdout),
    ("wasi:cli/terminal-input", Import::Harmless, no_functions),
    ("wasi:cli/terminal-output", Import::Harmless, no_functions),
    ("wasi:cli/terminal-stderr", Import::Harmless, cli::terminal),
    ("wasi:cli/terminal-stdin", Import::Harmless, cli::terminal),
    ("wasi:cli/terminal-stdout", Import::Harmless, cli::terminal),
    ("wasi:clocks/monotonic-clock", Import::Harmless, clocks::monotonic),
    ("wasi:clocks/wall-clock", Import::Gives(Capability::Clock), clocks::wall),
    ("wasi:filesystem/preopens", Import::Harmless, io::preopens),
    ("wasi:io/error", Import::Harmless, io::error),
    ("wasi:io/poll", Import::Gives(Capability::Sleep), clocks::poll),
    ("wasi:io/streams", Import::Harmless, io::streams),
    ("wasi:random/insecure", Import::Gives(Capability::Random), random::insecure),
    ("wasi:random/insecure-seed", Import::Gives(Capability::Random), random::seed),
    ("wasi:random/random", Import::Gives(Capability::Random), random::random),
];

/// Judges one interface, such as `wasi:cli/exit`.
pub(crate) fn import(interface: &str) -> Import {
    entry(interface).map_or(Import::Refused, |(import, _)| import)
}

fn entry(interface: &str) -> Option<(Import, Functions)> {
    let found = INTERFACES.into_iter().find(|(name, ..)| *name == interface);
    found.map(|(_, import, functions)| (import, functions))
}

/// Defines what a component imports of one interface, such as `wasi:cli/exit`.
pub(crate) fn define(
    mut linker: LinkerInstance<'_, State>,
    interface: &str,
    imported: &ComponentInstance,
    engine: &Engine,
) -> Result<()> {
    let functions = entry(interface).map_or(no_functions as Functions, |(_, functions)| functions);
    for (name, item) in imported.exports(engine) {
        match item.ty {
            ComponentItem::ComponentFunc(_) => {
                functions(&mut linker, name).unwrap_or_else(|| refuse(&mut linker, interface, name))?;
            }
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

fn no_functions(_: &mut LinkerInstance<'_, State>, _: &str) -> Option<Result<()>> {
    None
}

/// A function that can be imported but not called.
fn refuse(linker: &mut LinkerInstance<'_, State>, interface: &str, name: &str) -> Result<()> {
    let what = format!("`{interface}` `{name}` is not available to policies");
    linker.func_new(name, move |_, _, _, _| Err(Fault::new(Cause::CapabilityDenied, &what).into()))
}

#[cfg(test)]
mod tests {
    use wasmtime::component::Linker;

    use super::*;

    /// Every function that a policy gets of WASI; of no other interface, and no other one.
    const DEFINED: [(&str, &[&str]); 19] = [
        ("wasi:cli/environment", &["get-arguments", "get-environment", "initial-cwd"]),
        ("wasi:cli/exit", &["exit"]),
        ("wasi:cli/stderr", &["get-stderr"]),
        ("wasi:cli/stdin", &["get-stdin"]),
        ("wasi:cli/stdout", &["get-stdout"]),
        ("wasi:cli/terminal-input", &[]),
        ("wasi:cli/terminal-output", &[]),
        ("wasi:cli/terminal-stderr", &["get-terminal-stderr", "get-terminal-stdin", "get-terminal-stdout"]),
        ("wasi:cli/terminal-stdin", &["get-terminal-stderr", "get-terminal-stdin", "get-terminal-stdout"]),
        ("wasi:cli/terminal-stdout", &["get-terminal-stderr", "get-terminal-stdin", "get-terminal-stdout"]),
        ("wasi:clocks/monotonic-clock", &["now", "resolution", "subscribe-duration", "subscribe-instant"]),
        ("wasi:clocks/wall-clock", &["now", "resolution"]),
        ("wasi:filesystem/preopens", &["get-directories"]),
        ("wasi:io/error", &["[method]error.to-debug-string"]),
        ("wasi:io/poll", &["[method]pollable.block", "[method]pollable.ready", "poll"]),
        (
            "wasi:io/streams",
            &[
                "[method]input-stream.blocking-read",
                "[method]input-stream.read",
                "[method]input-stream.subscribe",
                "[method]output-stream.blocking-flush",
                "[method]output-stream.blocking-write-and-flush",
                "[method]output-stream.check-write",
                "[method]output-stream.flush",
                "[method]output-stream.subscribe",
                "[method]output-stream.write",
            ],
        ),
        ("wasi:random/insecure", &["get-insecure-random-bytes", "get-insecure-random-u64"]),
        ("wasi:random/insecure-seed", &["get-insecure-seed", "insecure-seed"]),
        ("wasi:random/random", &["get-random-bytes", "get-random-u64"]),
    ];

    #[test]
    fn each_interface_has_its_own_functions_and_no_others() {
        let names = DEFINED.iter().flat_map(|(_, names)| *names);
        let names: std::collections::BTreeSet<_> = names.copied().collect();
        let engine = Engine::default();
        for (interface, defined) in DEFINED {
            let (_, functions) = entry(interface).unwrap();
            let mut linker = Linker::new(&engine);
            let mut linker = linker.instance(interface).unwrap();
            let has = |name: &&&str| functions(&mut linker, name).map(Result::unwrap).is_some();
            let found: Vec<_> = names.iter().filter(has).copied().collect();
            assert_eq!(found, defined, "{interface}");
        }
    }

    #[test]
    fn what_is_in_no_table_is_refused() {
        assert!(matches!(import("wasi:sockets/tcp"), Import::Refused));
        assert_eq!(INTERFACES.len(), DEFINED.len());
    }
}
