//! CPython in one process with Rust: a function call for each login, and nothing between one login and the next.
//!
//! The process is an interpreter that has loaded the peer of this name; it measures itself and tells how long a batch took, so that
//! this program need not be linked with Python.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::process::{SCRIPT, interpreter};
use crate::record::built;
use crate::turns::Batch;

/// The login as dicts that Rust builds for each call.
pub fn dicts(login: &str) -> Result<Batch<'_>> {
    batch(login, "dicts")
}

/// The login as JSON that Python reads in each call.
pub fn json(login: &str) -> Result<Batch<'_>> {
    batch(login, "json")
}

fn batch(login: &str, way: &'static str) -> Result<Batch<'static>> {
    let mut python = Python::start(login)?;
    Ok(Box::new(move |logins| python.measure(way, logins)))
}

struct Python {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Python {
    fn start(login: &str) -> Result<Self> {
        let library = built(env!("BUILT_CPYTHON"))?;
        let module = library.with_file_name("peer_cpython.so");
        fs::copy(library, &module)?;
        let directory = module.parent().unwrap_or(Path::new("."));
        let program =
            "import sys; sys.path.insert(0, sys.argv[1]); import peer_cpython; peer_cpython.serve(*sys.argv[2:])";
        let mut process = Command::new(interpreter()?)
            .args(["-c", program])
            .arg(directory)
            .args([SCRIPT, login])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let orders = process.stdin.take().context("no standard input")?;
        let answers = BufReader::new(process.stdout.take().context("no standard output")?);
        Ok(Self { process, orders, answers })
    }

    fn measure(&mut self, way: &str, logins: u32) -> Result<Duration> {
        writeln!(self.orders, "{way} {logins}").context("Python has ended")?;
        let mut nanoseconds = String::new();
        self.answers.read_line(&mut nanoseconds)?;
        Ok(Duration::from_nanos(nanoseconds.trim().parse().context("Python has ended")?))
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // It would end with its standard input too; nobody needs to wait for that.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
