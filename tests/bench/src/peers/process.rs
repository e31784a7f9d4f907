//! A program that is started for each login: JSON on its standard input, JSON on its standard output.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::{Answer, one_by_one};
use crate::record::built;
use crate::turns::Batch;

/// The script of the decision in Python.
pub const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/known_device.py");

/// Python with a script.
pub fn python(login: &str) -> Result<Batch<'_>> {
    let interpreter = interpreter()?;
    Ok(one_by_one(move || decide(Command::new(&interpreter).arg(SCRIPT), login)))
}

/// A static binary.
pub fn binary(login: &str) -> Result<Batch<'_>> {
    let program = built(env!("BUILT_PROCESS"))?;
    Ok(one_by_one(move || decide(&mut Command::new(program), login)))
}

/// The interpreter itself: what stands in PATH may be a script that looks for it.
pub fn interpreter() -> Result<String> {
    let answer = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
    let answer = answer.context("find `python3`")?;
    ensure!(answer.status.success(), "`python3` does not run");
    Ok(String::from_utf8(answer.stdout)?.trim().to_owned())
}

fn decide(program: &mut Command, login: &str) -> Result<()> {
    let mut running = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    running.stdin.take().context("no standard input")?.write_all(login.as_bytes())?;
    let ended = running.wait_with_output()?;
    ensure!(ended.status.success(), "the program ended with {}", ended.status);
    Answer::ensure_allowed(&ended.stdout)
}
