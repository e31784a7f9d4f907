//! `vestibule compile-component`: the child that compiles, or makes a component first.
//!
//! Not for: people; see [`vestibule_compiler::child`].

use std::io;
use std::time::Duration;

use clap::Args;
use vestibule_compiler::{Bounds, REFUSED, Task, child};

use crate::error::{Error, Result};
use crate::exit::Exit;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What to do
    task: Task,
    /// Processor time of all threads together
    #[arg(long)]
    seconds: u64,
    /// Memory for data
    #[arg(long)]
    memory_mib: u64,
    /// The most that a policy may begin with
    #[arg(long)]
    policy_memory_bytes: usize,
    /// The most that is answered
    #[arg(long)]
    answer_bytes: u64,
    /// How far to step back behind others
    #[arg(long)]
    nice: u8,
}

pub(crate) fn run(options: &Options) -> Result<Exit> {
    let &Options { task, seconds, memory_mib, policy_memory_bytes, answer_bytes, nice } = options;
    let bounds = Bounds { time: Duration::from_secs(seconds), memory_mib, policy_memory_bytes, answer_bytes, nice };
    let code = child::run(task, bounds, io::stdin().lock(), io::stdout().lock());
    let code = code.map_err(|error| Error::fault("cannot compile").because(&error))?;
    Ok(if code == REFUSED { Exit::BadPolicy } else { Exit::Allowed })
}
