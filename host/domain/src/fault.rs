//! Everything that can go wrong while policies decide, each with a stable code and a text that a client may see.
//!
//! Not for: a policy that denies; that is its good right and no fault.

use crate::cause;

cause::causes! {
    /// What went wrong.
    pub enum Cause {
        /// The policy used up its fuel.
        OutOfFuel = "out-of-fuel",
        /// The call ran past its deadline, in the policy or in a host call.
        Deadline = "deadline",
        /// The policy failed after the host refused it memory.
        OutOfMemory = "out-of-memory",
        /// The policy recursed too deep.
        StackOverflow = "stack-overflow",
        /// The policy executed a trap: unreachable code, a division by zero, an access out of bounds.
        Trap = "trap",
        /// The policy ended its process instead of answering.
        Exited = "exited",
        /// The policy called the host too often or with too much.
        HostCallBudget = "host-call-budget",
        /// The answer is larger than a call may return.
        OutputTooLarge = "output-too-large",
        /// The answer is one that the host refuses to believe.
        InvalidOutput = "invalid-output",
        /// The policy returned an error: what an exception was in a post_auth script.
        PolicyError = "policy-error",
        /// The policy used something that no policy gets, or that its tenant did not grant.
        CapabilityDenied = "capability-denied",
        /// Something granted did not work.
        CapabilityUnavailable = "capability-unavailable",
        /// There is no policy to ask where one is required.
        NoActivePolicy = "no-active-policy",
        /// The policy could not be loaded.
        LoadFailed = "load-failed",
        /// The host has no room for another call.
        Overloaded = "overloaded",
        /// What the login needs to know or to leave behind could not be read or stored.
        StoreUnavailable = "store-unavailable",
        /// The host itself failed, by a bug that its log shows. The policy need not be the reason.
        HostFailed = "host-failed",
        /// The user's record changed again and again while policies decided on it.
        SaveConflict = "save-conflict",
    }
}

impl Cause {
    /// Whether a policy that comes to this has to blame itself, and not the host, a directory or whoever logs in. Of a deadline it
    /// depends on what the policy did meanwhile.
    pub const fn is_a_policys_own(self) -> bool {
        match self {
            Self::OutOfFuel
            | Self::Deadline
            | Self::OutOfMemory
            | Self::StackOverflow
            | Self::Trap
            | Self::Exited
            | Self::HostCallBudget
            | Self::OutputTooLarge
            | Self::InvalidOutput
            | Self::PolicyError
            | Self::CapabilityDenied => true,
            Self::CapabilityUnavailable
            | Self::NoActivePolicy
            | Self::LoadFailed
            | Self::Overloaded
            | Self::StoreUnavailable
            | Self::HostFailed
            | Self::SaveConflict => false,
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

/// What went wrong, with what is known of it.
pub type Fault = cause::Detailed<Cause>;

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
