//! Why a component makes no policy, and what its author can do.
//!
//! Not for: failing while a login is decided; those are faults.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vestibule_domain::{Cause, Fault};
use vestibule_ledger::Refused;
use vestibule_sandbox::{LoadError, SealError};

use crate::shape::TooMuch;

/// What is wrong with a component, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// One sentence.
    pub message: String,
    /// What its author can do.
    pub hint: String,
}

impl From<&LoadError> for Refusal {
    fn from(error: &LoadError) -> Self {
        Self { message: error.to_string(), hint: error.hint().to_owned() }
    }
}

impl From<&TooMuch> for Refusal {
    fn from(error: &TooMuch) -> Self {
        let hint = "leave out what the policy does not need, and build it as one program".to_owned();
        Self { message: error.to_string(), hint }
    }
}

/// Why there is no policy.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It is no policy of this world.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// Compiling was stopped.
    #[error("compiling took more than {} s", .0.as_secs())]
    OverTime(Duration),
    /// Compiling was stopped. The limit in MiB.
    #[error("compiling took more than {0} MiB of memory")]
    OverMemory(u64),
    /// What it was compiled to is more than one policy may have. The limit in bytes.
    #[error("the compiled code takes more than {0} bytes")]
    TooLarge(u64),
    /// The compiler did not end well.
    #[error("the compiler failed on it ({0})")]
    Crashed(ExitStatus),
    /// Its `manifest` failed, or is not to be believed.
    #[error("its `manifest` failed: {0}")]
    NoManifest(Fault),
    /// The child could not be run: nothing is known of the component.
    #[error("the compiler could not be run")]
    NotRun(#[source] io::Error),
    /// What the child made cannot be used: nothing is known of the component.
    #[error("what it was compiled to cannot be used")]
    Unusable(#[source] SealError),
    /// There is no turn to compile, or no room for the code: nothing is known of the component.
    #[error(transparent)]
    Used(#[from] Refused),
}

impl Failure {
    /// Whether this host failed, and not the component.
    pub const fn is_the_hosts(&self) -> bool {
        matches!(self, Self::NotRun(_) | Self::Unusable(_) | Self::Used(_))
    }

    /// Whether the same component may be compiled the next time: it was stopped, and has not been refused.
    pub const fn may_pass(&self) -> bool {
        self.is_the_hosts() || matches!(self, Self::OverTime(_) | Self::OverMemory(_) | Self::Crashed(_))
    }

    /// What the component's author, or the host's administrator, can do.
    pub fn hint(&self) -> &str {
        match self {
            Self::Refused(refusal) => &refusal.hint,
            Self::OverTime(_) | Self::OverMemory(_) | Self::TooLarge(_) => "leave out what the policy does not need",
            Self::Crashed(_) => "the host's log has what the compiler said, at level `debug`",
            Self::NoManifest(fault) => match fault.cause {
                Cause::InvalidOutput | Cause::OutputTooLarge => "correct what `manifest` returns",
                Cause::OutOfMemory => "begin with less memory",
                _ => "return a constant from `manifest`: it is given no settings and no capability",
            },
            Self::Used(_) => "try again later",
            Self::NotRun(_) | Self::Unusable(_) => "see whether this machine can start processes",
        }
    }
}
