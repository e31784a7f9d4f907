//! Compiling in a child process: a component that makes the compiler run wild takes nobody else with it, and no more does a module that
//! is to become one.
//!
//! Not for: the work itself; the child does it, in [`crate::child`].

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::str::FromStr;
use std::time::Duration;

use rustix::process::Signal;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::time::timeout;
use vestibule_sandbox::{Key, MAX_COMPONENT_BYTES};

use crate::child::REFUSED;
use crate::failure::{Failure, Refusal};

/// The child's subcommand, which is not for people.
pub const SUBCOMMAND: &str = "compile-component";
/// The largest artefact taken from a child: eight times the largest component.
pub(crate) const MAX_ARTEFACT_BYTES: u64 = 512 << 20;
/// What the child may say when something is wrong.
const MAX_COMPLAINT_BYTES: u64 = 16 << 10;

/// What a compilation may use.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Wall time, and processor time of all its threads together.
    pub time: Duration,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// The most memory that the compiled policy may begin with, in bytes.
    pub policy_memory_bytes: usize,
}

/// What a child does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Makes a component of a core module.
    Encode,
    /// Makes an artefact of a component.
    Compile,
}

impl Task {
    /// As the child's command line says it.
    const fn name(self) -> &'static str {
        match self {
            Self::Encode => "encode",
            Self::Compile => "compile",
        }
    }

    /// The most that is taken from a child.
    const fn max_bytes(self) -> u64 {
        match self {
            Self::Encode => MAX_COMPONENT_BYTES as u64,
            Self::Compile => MAX_ARTEFACT_BYTES,
        }
    }
}

/// A word of the child's command line.
impl FromStr for Task {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        [Self::Encode, Self::Compile].into_iter().find(|task| task.name() == name).ok_or("not a task")
    }
}

/// Makes a component of a core module.
pub(crate) async fn encode(module: &[u8], bounds: Bounds) -> Result<Vec<u8>, Failure> {
    done(Task::Encode, &[module], bounds).await
}

/// Compiles a component and returns it sealed.
pub(crate) async fn compile(wasm: &[u8], key: &Key, bounds: Bounds) -> Result<Vec<u8>, Failure> {
    done(Task::Compile, &[key.expose(), wasm], bounds).await
}

async fn done(task: Task, input: &[&[u8]], bounds: Bounds) -> Result<Vec<u8>, Failure> {
    match timeout(bounds.time, run(task, input, bounds)).await {
        // The child is killed when its handle is dropped.
        Err(_) => Err(Failure::OverTime(bounds.time)),
        Ok(Err(error)) => Err(Failure::NotRun(error)),
        Ok(Ok(finished)) => judge(finished, bounds),
    }
}

/// A child that ended.
struct Finished {
    status: ExitStatus,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

async fn run(task: Task, input: &[&[u8]], bounds: Bounds) -> io::Result<Finished> {
    // The running program itself, even where its file has been replaced since: its artefacts must fit its engine.
    let mut child = Command::new("/proc/self/exe")
        .arg0("vestibule")
        .arg(SUBCOMMAND)
        .arg(task.name())
        .arg("--seconds")
        .arg(bounds.time.as_secs().to_string())
        .arg("--memory-mib")
        .arg(bounds.memory_mib.to_string())
        .arg("--policy-memory-bytes")
        .arg(bounds.policy_memory_bytes.to_string())
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            for part in input {
                // A child that stops reading says why in another way.
                let _ = stdin.write_all(part).await;
            }
        }
    };
    let ((), stdout, stderr) = tokio::join!(write, read(stdout, task.max_bytes()), read(stderr, MAX_COMPLAINT_BYTES));
    Ok(Finished { status: child.wait().await?, stdout: stdout?, stderr: stderr? })
}

/// Reads at most one byte beyond the limit; the pipe is then closed, which ends a child that writes on.
async fn read(pipe: Option<impl AsyncRead + Unpin>, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(max_bytes + 1).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

fn judge(finished: Finished, bounds: Bounds) -> Result<Vec<u8>, Failure> {
    let Finished { status, stdout, stderr } = finished;
    let complaint = String::from_utf8_lossy(&stderr);
    if stdout.len() as u64 > MAX_ARTEFACT_BYTES {
        return Err(Failure::TooLarge);
    }
    if status.success() {
        return Ok(stdout);
    }
    tracing::debug!(%status, %complaint, "a compiling child failed");
    let refusal = serde_json::from_slice::<Refusal>(&stdout).ok();
    let refusal = refusal.filter(|_| status.code() == Some(REFUSED.into()));
    let said = refusal.as_ref().map_or(&*complaint, |refusal| &refusal.message);
    if ran_out_of_memory(said) {
        Err(Failure::OverMemory(bounds.memory_mib))
    } else if status.signal() == Some(Signal::XCPU.as_raw()) {
        Err(Failure::OverTime(bounds.time))
    } else {
        Err(refusal.map_or(Failure::Crashed(status), Failure::Refused))
    }
}

/// What the standard library and the system say when there is no more.
fn ran_out_of_memory(said: &str) -> bool {
    let words = ["memory allocation of", "out of memory", "Cannot allocate memory"];
    words.iter().any(|words| said.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a child came to that ended with this wait status.
    fn judged(status: i32, stdout: &str, stderr: &str) -> Result<Vec<u8>, String> {
        let bounds = Bounds { time: Duration::from_secs(60), memory_mib: 2048, policy_memory_bytes: 0 };
        let finished = Finished {
            status: ExitStatus::from_raw(status),
            stdout: stdout.as_bytes().to_vec(),
            stderr: stderr.as_bytes().to_vec(),
        };
        judge(finished, bounds).map_err(|failure| failure.to_string())
    }

    /// The wait status of a process that ended with that code.
    const ENDED_REFUSED: i32 = (REFUSED as i32) << 8;

    #[test]
    fn a_child_that_ends_well_gives_an_artefact() {
        assert_eq!(judged(0, "artefact", ""), Ok(b"artefact".to_vec()));
    }

    #[test]
    fn a_refusal_is_passed_on() {
        let json = r#"{"message": "the component does not export `manifest`", "hint": "x"}"#;
        assert_eq!(judged(ENDED_REFUSED, json, ""), Err("the component does not export `manifest`".to_owned()));
    }

    #[test]
    fn a_child_without_memory_is_told_from_one_that_crashed() {
        let abort = Signal::ABORT.as_raw();
        let over = Err("compiling took more than 2048 MiB of memory".to_owned());
        assert_eq!(judged(abort, "", "memory allocation of 33554432 bytes failed\n"), over);
        assert_eq!(
            judged(ENDED_REFUSED, r#"{"message": "Cannot allocate memory (os error 12)", "hint": ""}"#, ""),
            over
        );
        assert!(judged(abort, "", "assertion failed").is_err_and(|said| said.starts_with("the compiler failed")));
    }

    #[test]
    fn a_child_out_of_processor_time_is_over_its_time() {
        assert_eq!(judged(Signal::XCPU.as_raw(), "", ""), Err("compiling took more than 60 s".to_owned()));
    }
}
