//! Compiling in a child process: a component that makes the compiler run wild takes nobody else with it, and no more does a module that
//! is to become one.
//!
//! Not for: the work itself; the child does it, in [`crate::child`].

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};

use rustix::process::Signal;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::time::timeout;
use vestibule_sandbox::{Code, MAX_COMPONENT_BYTES};

use crate::failure::{Failure, Refusal};
use crate::protocol::{Bounds, REFUSED, SUBCOMMAND, Task};

/// What the child may say when something is wrong.
const MAX_COMPLAINT_BYTES: u64 = 16 << 10;
/// What a refusal may say.
const MAX_REFUSAL_BYTES: u64 = 16 << 10;

/// Makes a component of a core module.
pub(crate) async fn encode(module: &[u8], bounds: Bounds) -> Result<Vec<u8>, Failure> {
    let bounds = Bounds { answer_bytes: MAX_COMPONENT_BYTES as u64, ..bounds };
    let answer = done(Task::Encode, module, bounds).await?;
    contents(answer, MAX_COMPONENT_BYTES as u64).map_err(Failure::NotRun)
}

/// Compiles a component.
pub(crate) async fn compile(wasm: &[u8], bounds: Bounds) -> Result<Code, Failure> {
    Code::freeze(done(Task::Compile, wasm, bounds).await?).map_err(Failure::NotRun)
}

/// What a child lacks of its walls, each in words.
pub(crate) async fn probe(bounds: Bounds) -> Result<Vec<String>, Failure> {
    let bounds = Bounds { answer_bytes: MAX_REFUSAL_BYTES, ..bounds };
    let answer = contents(done(Task::Probe, &[], bounds).await?, MAX_REFUSAL_BYTES);
    let answer = answer.and_then(|answer| serde_json::from_slice(&answer).map_err(io::Error::from));
    answer.map_err(Failure::NotRun)
}

async fn done(task: Task, input: &[u8], bounds: Bounds) -> Result<OwnedFd, Failure> {
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
    /// What it wrote to standard output: a file without a name, so that nobody reads it before it is looked at how much it is.
    answer: OwnedFd,
    stderr: Vec<u8>,
}

async fn run(task: Task, input: &[u8], bounds: Bounds) -> io::Result<Finished> {
    let answer = Code::blank()?;
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
        .arg("--answer-bytes")
        .arg(bounds.answer_bytes.to_string())
        .arg("--nice")
        .arg(bounds.nice.to_string())
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::from(answer.try_clone()?))
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            // A child that stops reading says why in another way.
            let _ = stdin.write_all(input).await;
        }
    };
    let ((), stderr) = tokio::join!(write, read(stderr, MAX_COMPLAINT_BYTES));
    Ok(Finished { status: child.wait().await?, answer, stderr: stderr? })
}

/// Reads at most one byte beyond the limit; the pipe is then closed, which ends a child that writes on.
async fn read(pipe: Option<impl AsyncRead + Unpin>, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(max_bytes + 1).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

fn judge(finished: Finished, bounds: Bounds) -> Result<OwnedFd, Failure> {
    let Finished { status, answer, stderr } = finished;
    let complaint = String::from_utf8_lossy(&stderr);
    if status.signal() == Some(Signal::XFSZ.as_raw()) {
        return Err(Failure::TooLarge(bounds.answer_bytes));
    }
    if status.success() {
        return Ok(answer);
    }
    tracing::debug!(%status, %complaint, "a compiling child failed");
    let refusal = contents(answer, MAX_REFUSAL_BYTES).ok();
    let refusal = refusal.and_then(|refusal| serde_json::from_slice::<Refusal>(&refusal).ok());
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

/// What a child has answered, if it is no more than that.
fn contents(answer: OwnedFd, most: u64) -> io::Result<Vec<u8>> {
    let answer = File::from(answer);
    let length = answer.metadata()?.len();
    if length > most {
        return Err(io::Error::other("the answer of a child is too long"));
    }
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    answer.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

/// What the standard library and the system say when there is no more.
fn ran_out_of_memory(said: &str) -> bool {
    let words = ["memory allocation of", "out of memory", "Cannot allocate memory"];
    words.iter().any(|words| said.contains(words))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::time::Duration;

    use super::*;

    const BOUNDS: Bounds =
        Bounds { time: Duration::from_secs(60), memory_mib: 2048, policy_memory_bytes: 0, answer_bytes: 100, nice: 0 };

    /// What a child came to that ended with this wait status.
    fn judged(status: i32, stdout: &str, stderr: &str) -> Result<Vec<u8>, String> {
        let mut answer = File::from(Code::blank().unwrap());
        answer.write_all(stdout.as_bytes()).unwrap();
        let status = ExitStatus::from_raw(status);
        let finished = Finished { status, answer: answer.into(), stderr: stderr.as_bytes().to_vec() };
        let answer = judge(finished, BOUNDS).map_err(|failure| failure.to_string())?;
        contents(answer, BOUNDS.answer_bytes).map_err(|error| error.to_string())
    }

    /// The wait status of a process that ended with that code.
    const ENDED_REFUSED: i32 = (REFUSED as i32) << 8;

    #[test]
    fn a_child_that_ends_well_gives_code() {
        assert_eq!(judged(0, "code", ""), Ok(b"code".to_vec()));
    }

    #[test]
    fn a_child_that_answers_too_much_is_not_believed() {
        assert_eq!(
            judged(Signal::XFSZ.as_raw(), "", ""),
            Err("the compiled code takes more than 100 bytes".to_owned())
        );
        assert!(judged(0, &"x".repeat(101), "").is_err());
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
