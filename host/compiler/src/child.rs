//! The child that reads what a stranger wrote. It limits itself before it looks at it.
//!
//! Not for: people. To compile, standard input is the component, and standard output its code; to make a component, they are the core
//! module and the component. In either case standard output may be a [`Refusal`] instead. It has no key, and what it could do with the
//! files and the network of whoever started it is given up first: all that a component can win here is its own code.

use std::io::{self, Read, Write};

use rustix::process::{Resource, Rlimit, setrlimit};
use vestibule_os::walls;
use vestibule_sandbox::{Capacity, Compiled, Engine, EngineError, MAX_COMPONENT_BYTES};

use crate::failure::Refusal;
use crate::protocol::{Bounds, REFUSED, Task};
use crate::{module, shape};

/// Files that it may have open: those that it was started with, and some that libraries look for.
const FILES: u64 = 32;

/// What kept the child from doing its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be limited.
    #[error("cannot limit the compiler")]
    Limits(#[source] io::Error),
    /// The component could not be read, or the answer not be written.
    #[error("cannot read the component or write what became of it")]
    Pipe(#[from] io::Error),
    /// This machine cannot compile.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Does one task within these bounds. Returns what the process has to end with.
///
/// # Errors
/// [`Error`], for what has nothing to do with the component or module.
pub fn run(task: Task, bounds: Bounds, stdin: impl Read, mut stdout: impl Write) -> Result<u8, Error> {
    limit(bounds).map_err(Error::Limits)?;
    let gaps = walls::around_a_computation();
    let done = match task {
        Task::Probe => Ok(serde_json::to_vec(&open(&gaps)).map_err(io::Error::from)?),
        Task::Encode => bounded(&read(stdin)?).and_then(module::encode),
        Task::Compile => compile(bounds, &read(stdin)?)?,
    };
    let (answer, code) = match done {
        Ok(answer) => (answer, 0),
        Err(refusal) => (serde_json::to_vec(&refusal).map_err(io::Error::from)?, REFUSED),
    };
    stdout.write_all(&answer)?;
    stdout.flush()?;
    Ok(code)
}

/// Walls that do not stand, and what can be done through the others nevertheless.
fn open(gaps: &[walls::Gap]) -> Vec<String> {
    let ways = walls::open_ways();
    gaps.iter().map(ToString::to_string).chain(ways.into_iter().map(str::to_owned)).collect()
}

fn compile(bounds: Bounds, wasm: &[u8]) -> Result<Result<Vec<u8>, Refusal>, Error> {
    let capacity =
        Capacity { concurrent_calls: 1, max_memory_bytes: bounds.policy_memory_bytes, ..Capacity::default() };
    let engine = Engine::new(&capacity)?;
    let code = |wasm| Compiled::code_of(&engine, wasm).map_err(|error| Refusal::from(&error));
    Ok(bounded(wasm).and_then(code))
}

/// What is too much is not looked at any further.
fn bounded(wasm: &[u8]) -> Result<&[u8], Refusal> {
    shape::ensure_bounded(wasm).map(|()| wasm).map_err(|error| Refusal::from(&error))
}

fn read(stdin: impl Read) -> io::Result<Vec<u8>> {
    let mut wasm = Vec::new();
    stdin.take(MAX_COMPONENT_BYTES as u64 + 1).read_to_end(&mut wasm)?;
    Ok(wasm)
}

/// No more time and memory than told, no core dump with a component in it, no more written than is taken.
fn limit(bounds: Bounds) -> io::Result<()> {
    let limit = |resource, current: u64, maximum: u64| {
        let (current, maximum) = (Some(current), Some(maximum));
        setrlimit(resource, Rlimit { current, maximum })
    };
    // Nobody is left to take what is made when whoever started it has died.
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    // Logins come before policies that are still to decide on any.
    let _ = rustix::process::nice(bounds.nice.into());
    let (seconds, bytes) = (bounds.time.as_secs(), bounds.memory_mib.saturating_mul(1 << 20));
    // The first limit ends the process with a signal of its own, the second one kills it.
    limit(Resource::Cpu, seconds, seconds.saturating_add(1))?;
    // Not the address space: the engine reserves gigabytes of it that nobody ever touches.
    limit(Resource::Data, bytes, bytes)?;
    limit(Resource::Core, 0, 0)?;
    limit(Resource::Fsize, bounds.answer_bytes, bounds.answer_bytes)?;
    limit(Resource::Nofile, FILES, FILES)?;
    Ok(())
}
