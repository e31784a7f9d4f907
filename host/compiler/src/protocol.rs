//! What parent and child have to agree on: what the child is told on its command line, and what it ends with.
//!
//! Not for: what either of them does with it; see `process` and [`crate::child`].

use std::str::FromStr;
use std::time::Duration;

/// The child's subcommand, which is not for people.
pub const SUBCOMMAND: &str = "compile-component";
/// What the child ends with if it has written a refusal; 0 if it has done its task.
pub const REFUSED: u8 = 4;

/// What a compilation may use.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Wall time, and processor time of all its threads together.
    pub time: Duration,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// The most memory that the compiled policy may begin with, in bytes.
    pub policy_memory_bytes: usize,
    /// The most that the child may answer, in bytes.
    pub answer_bytes: u64,
    /// How far the child steps back behind others (`nice`): 0 to 19.
    pub nice: u8,
}

/// What a child does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Makes a component of a core module.
    Encode,
    /// Makes code of a component.
    Compile,
    /// Says what it could still do that a child may not.
    Probe,
}

impl Task {
    /// As the child's command line says it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Encode => "encode",
            Self::Compile => "compile",
            Self::Probe => "probe",
        }
    }
}

/// A word of the child's command line.
impl FromStr for Task {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        [Self::Encode, Self::Compile, Self::Probe].into_iter().find(|task| task.name() == name).ok_or("not a task")
    }
}
