//! Everything that can go wrong while policies decide, each with a stable code and a text that a client may see.
//!
//! Not for: a policy that denies; that is its good right and no fault.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::{MAX_REASON_BYTES, log_text};

/// What went wrong. The codes are stable: they stand in logs, metrics and recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The policy used up its fuel.
    OutOfFuel,
    /// The call ran past its deadline, in the policy or in a host call.
    Deadline,
    /// The policy failed after the host refused it memory.
    OutOfMemory,
    /// The policy recursed too deep.
    StackOverflow,
    /// The policy executed a trap: unreachable code, a division by zero, an access out of bounds.
    Trap,
    /// The policy ended its process instead of answering.
    Exited,
    /// The policy called the host too often or with too much.
    HostCallBudget,
    /// The answer is larger than a call may return.
    OutputTooLarge,
    /// The answer is one that the host refuses to believe.
    InvalidOutput,
    /// The policy returned an error: what an exception was in a post_auth script.
    PolicyError,
    /// The policy used something that no policy gets, or that its tenant did not grant.
    CapabilityDenied,
    /// Something granted did not work.
    CapabilityUnavailable,
    /// There is no policy to ask where one is required.
    NoActivePolicy,
    /// The policy could not be loaded.
    LoadFailed,
    /// The host has no room for another call.
    Overloaded,
    /// What the login needs to know or to leave behind could not be read or stored.
    StoreUnavailable,
    /// The user's record changed again and again while policies decided on it.
    SaveConflict,
}

impl Cause {
    /// Every cause, in the order of the design, then those of the store.
    pub const ALL: [Self; 17] = [
        Self::OutOfFuel,
        Self::Deadline,
        Self::OutOfMemory,
        Self::StackOverflow,
        Self::Trap,
        Self::Exited,
        Self::HostCallBudget,
        Self::OutputTooLarge,
        Self::InvalidOutput,
        Self::PolicyError,
        Self::CapabilityDenied,
        Self::CapabilityUnavailable,
        Self::NoActivePolicy,
        Self::LoadFailed,
        Self::Overloaded,
        Self::StoreUnavailable,
        Self::SaveConflict,
    ];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OutOfFuel => "out-of-fuel",
            Self::Deadline => "deadline",
            Self::OutOfMemory => "out-of-memory",
            Self::StackOverflow => "stack-overflow",
            Self::Trap => "trap",
            Self::Exited => "exited",
            Self::HostCallBudget => "host-call-budget",
            Self::OutputTooLarge => "output-too-large",
            Self::InvalidOutput => "invalid-output",
            Self::PolicyError => "policy-error",
            Self::CapabilityDenied => "capability-denied",
            Self::CapabilityUnavailable => "capability-unavailable",
            Self::NoActivePolicy => "no-active-policy",
            Self::LoadFailed => "load-failed",
            Self::Overloaded => "overloaded",
            Self::StoreUnavailable => "store-unavailable",
            Self::SaveConflict => "save-conflict",
        }
    }

    /// What the client is told: never what went wrong inside, only whether trying again makes sense.
    pub const fn client_text(self) -> &'static str {
        match self {
            Self::Overloaded | Self::SaveConflict => "The server is busy. Please try again in a moment.",
            Self::Deadline | Self::CapabilityUnavailable | Self::StoreUnavailable => {
                "Your login could not be checked in time. Please try again."
            }
            _ => "Your login could not be checked. Please tell your administrator.",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A cause with what is known of it. The detail is for the log and may quote the policy; it never reaches a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(deny_unknown_fields)]
#[error("{cause}: {detail}")]
pub struct Fault {
    /// What went wrong.
    pub cause: Cause,
    /// One line for the log, at most [`MAX_REASON_BYTES`] bytes.
    pub detail: String,
}

impl Fault {
    /// A fault whose detail is cleaned for the log.
    pub fn new(cause: Cause, detail: impl AsRef<str>) -> Self {
        Self { cause, detail: log_text(detail.as_ref(), MAX_REASON_BYTES) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_in_logs_and_in_json() {
        for cause in Cause::ALL {
            assert_eq!(serde_json::to_value(cause).ok(), Some(cause.code().into()));
        }
    }
}
