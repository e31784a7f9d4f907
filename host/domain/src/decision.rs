//! The one place where an outcome or a fault becomes an answer to a front door.
//!
//! Not for: storing or sending it. There is no path from a [`Fault`] to [`Decision::Allow`]; the test below holds for all of them.

use serde::Serialize;

use crate::login::Status;
use crate::outcome::Challenge;
use crate::text::ClientText;
use crate::{CanonicalUser, Cause, Fault, Outcome, Properties};

/// What a front door is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// Let the user in.
    Allow {
        /// Who it is.
        user: CanonicalUser,
        /// With which properties.
        proplist: Properties,
        /// To be stored before the user is let in.
        proplist_save: Properties,
    },
    /// Ask, and decide on the answer.
    Challenge {
        /// What to ask.
        challenge: Challenge,
        /// To be stored before the question is put.
        proplist_save: Properties,
    },
    /// Keep the user out.
    Deny {
        /// Why.
        cause: DenyCause,
        /// For the log.
        reason: String,
        /// For the user.
        client_reason: ClientText,
    },
}

/// Why a user is kept out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DenyCause {
    /// The policy said so.
    Denied,
    /// The policy failed.
    #[serde(untagged)]
    Fault(Cause),
}

impl DenyCause {
    /// The stable code: `denied`, or the fault's.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Fault(cause) => cause.code(),
        }
    }
}

/// Shown where a policy denies without giving a text for the user.
const DENIED_TEXT: &str = "You are not allowed to log in.";

impl From<Result<Outcome, Fault>> for Decision {
    fn from(answer: Result<Outcome, Fault>) -> Self {
        match answer {
            Err(fault) => Self::from(fault),
            Ok(outcome) => Self::from(outcome),
        }
    }
}

impl From<Fault> for Decision {
    fn from(fault: Fault) -> Self {
        Self::Deny {
            cause: DenyCause::Fault(fault.cause),
            reason: fault.detail,
            client_reason: ClientText::from(fault.cause.client_text()),
        }
    }
}

impl From<Outcome> for Decision {
    fn from(outcome: Outcome) -> Self {
        let Outcome { authret, proplist_save, challenge, .. } = outcome;
        match (challenge, authret.status) {
            (Some(challenge), _) => Self::Challenge { challenge, proplist_save },
            (None, Status::Succeed) => Self::Allow { user: authret.user, proplist: authret.proplist, proplist_save },
            (None, Status::Fail) => Self::Deny {
                cause: DenyCause::Denied,
                reason: authret.reason.unwrap_or_default(),
                client_reason: authret.client_reason.unwrap_or_else(|| ClientText::from(DENIED_TEXT)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    proptest! {
        #[test]
        fn no_fault_ever_becomes_an_allow(cause in select(Cause::ALL.to_vec()), detail in any::<String>()) {
            let decision = Decision::from(Err(Fault::new(cause, &detail)));
            let Decision::Deny { cause: denied, client_reason, .. } = decision else {
                return Err(TestCaseError::fail("a fault let somebody in"));
            };
            prop_assert_eq!(denied.code(), cause.code());
            prop_assert_eq!(client_reason.as_str(), cause.client_text());
        }
    }
}
