//! `vestibule compile-component`: the child that compiles. It limits itself before it looks at the component.
//!
//! Not for: people. Standard input is the key's 32 bytes and the component; standard output the sealed artefact, or a refusal.

use std::io::{self, Read as _};

use clap::Args;
use rustix::process::{Resource, Rlimit, setrlimit};
use vestibule_sandbox::{Capacity, Compiled, Engine, Key, LoadError, MAX_COMPONENT_BYTES};

use crate::compiler::Refusal;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Processor time of all threads together
    #[arg(long)]
    seconds: u64,
    /// Memory for data
    #[arg(long)]
    memory_mib: u64,
    /// The most that a policy may begin with
    #[arg(long)]
    policy_memory_bytes: usize,
}

pub(crate) fn run(options: &Options) -> Result<Exit> {
    limit(options).map_err(|error| Error::fault("cannot limit the compiler").because(&error))?;
    let unreadable = |error: io::Error| Error::fault("cannot read the component").because(&error);
    let mut stdin = io::stdin().lock();
    let mut key = [0; 32];
    stdin.read_exact(&mut key).map_err(unreadable)?;
    let mut wasm = Vec::new();
    stdin.take(MAX_COMPONENT_BYTES as u64 + 1).read_to_end(&mut wasm).map_err(unreadable)?;

    let engine = Engine::new(&Capacity {
        concurrent_calls: 1,
        max_memory_bytes: options.policy_memory_bytes,
        ..Capacity::default()
    });
    let engine = engine.map_err(|error| Error::fault("cannot compile").because(&error))?;
    let compiled = match Compiled::new(&engine, &wasm) {
        Ok(compiled) => compiled,
        Err(error) => return refuse(&error),
    };
    let artefact = compiled.seal(&Key::from_bytes(key));
    output::print(&artefact.map_err(|error| Error::fault("cannot seal the artefact").because(&error))?)?;
    Ok(Exit::Allowed)
}

/// No more time and memory than told, no core dump with a component in it, no file written.
fn limit(options: &Options) -> io::Result<()> {
    let limit = |resource, current: u64, maximum: u64| {
        let (current, maximum) = (Some(current), Some(maximum));
        setrlimit(resource, Rlimit { current, maximum })
    };
    // The first limit ends the process with a signal of its own, the second one kills it.
    limit(Resource::Cpu, options.seconds, options.seconds.saturating_add(1))?;
    // Not the address space: the engine reserves gigabytes of it that nobody ever touches.
    let bytes = options.memory_mib.saturating_mul(1 << 20);
    limit(Resource::Data, bytes, bytes)?;
    limit(Resource::Core, 0, 0)?;
    limit(Resource::Fsize, 0, 0)?;
    Ok(())
}

fn refuse(error: &LoadError) -> Result<Exit> {
    let refusal = Refusal { message: error.to_string(), hint: error.hint().to_owned() };
    let json = serde_json::to_vec(&refusal).map_err(|error| Error::fault("cannot answer").because(&error))?;
    output::print(&json)?;
    Ok(Exit::BadPolicy)
}
