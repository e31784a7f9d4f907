//! The child that reads what a stranger wrote. It limits itself before it looks at it.
//!
//! Not for: people. To compile, standard input is the key's 32 bytes and the component, and standard output the sealed artefact; to make
//! a component, they are the core module and the component. In either case standard output may be a [`Refusal`] instead.

use std::io::{self, Read, Write};

use rustix::process::{Resource, Rlimit, setrlimit};
use vestibule_sandbox::{Capacity, Compiled, Engine, EngineError, Key, MAX_COMPONENT_BYTES, SealError};

use crate::failure::Refusal;
use crate::module;
use crate::process::{Bounds, Task};

/// What the child ends with if it has written a refusal; 0 if it has done its task.
pub const REFUSED: u8 = 4;

/// How far the child steps back behind logins.
const NICE: i32 = 5;

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
    /// The artefact could not be written out.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// Does one task within these bounds. Returns what the process has to end with.
///
/// # Errors
/// [`Error`], for what has nothing to do with the component or module.
pub fn run(task: Task, bounds: Bounds, stdin: impl Read, mut stdout: impl Write) -> Result<u8, Error> {
    limit(bounds).map_err(Error::Limits)?;
    let done = match task {
        Task::Encode => module::encode(&read(stdin)?),
        Task::Compile => compile(bounds, stdin)?,
    };
    let (answer, code) = match done {
        Ok(answer) => (answer, 0),
        Err(refusal) => (serde_json::to_vec(&refusal).map_err(io::Error::from)?, REFUSED),
    };
    stdout.write_all(&answer)?;
    stdout.flush()?;
    Ok(code)
}

fn compile(bounds: Bounds, mut stdin: impl Read) -> Result<Result<Vec<u8>, Refusal>, Error> {
    let mut key = [0; 32];
    stdin.read_exact(&mut key)?;
    let wasm = read(stdin)?;
    let capacity =
        Capacity { concurrent_calls: 1, max_memory_bytes: bounds.policy_memory_bytes, ..Capacity::default() };
    match Compiled::new(&Engine::new(&capacity)?, &wasm) {
        Ok(compiled) => Ok(Ok(compiled.seal(&Key::from_bytes(key))?)),
        Err(error) => Ok(Err(Refusal::from(&error))),
    }
}

fn read(stdin: impl Read) -> io::Result<Vec<u8>> {
    let mut wasm = Vec::new();
    stdin.take(MAX_COMPONENT_BYTES as u64 + 1).read_to_end(&mut wasm)?;
    Ok(wasm)
}

/// No more time and memory than told, no core dump with a component in it, no file written.
fn limit(bounds: Bounds) -> io::Result<()> {
    let limit = |resource, current: u64, maximum: u64| {
        let (current, maximum) = (Some(current), Some(maximum));
        setrlimit(resource, Rlimit { current, maximum })
    };
    // Logins come before policies that are still to decide on any.
    let _ = rustix::process::nice(NICE);
    let (seconds, bytes) = (bounds.time.as_secs(), bounds.memory_mib.saturating_mul(1 << 20));
    // The first limit ends the process with a signal of its own, the second one kills it.
    limit(Resource::Cpu, seconds, seconds.saturating_add(1))?;
    // Not the address space: the engine reserves gigabytes of it that nobody ever touches.
    limit(Resource::Data, bytes, bytes)?;
    limit(Resource::Core, 0, 0)?;
    limit(Resource::Fsize, 0, 0)?;
    Ok(())
}
