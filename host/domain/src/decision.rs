//! The one place where an outcome or a fault becomes an answer to a front door.
//!
//! Not for: storing or sending it. There is no path from a [`Fault`] to [`Decision::Allow`]; the test below holds for all of them.

use serde::Serialize;

use crate::cause::NEUTRAL_TEXT;
use crate::login::{Authret, Status};
use crate::outcome::Challenge;
use crate::refusal::Refusal;
use crate::text::{ClientText, MAX_REASON_BYTES, log_text};
use crate::{CanonicalUser, Cause, Fault, Outcome, Properties, challenge, primary, refusal};

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
    Deny(Denial),
}

/// That somebody is kept out, and what is said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Denial {
    /// Why.
    pub cause: DenyCause,
    /// For the log.
    pub reason: String,
    /// For the user.
    pub client_reason: ClientText,
}

/// Why a user is kept out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DenyCause {
    /// The policy said so.
    Denied,
    /// Nobody knows who the user is.
    #[serde(untagged)]
    Primary(primary::Cause),
    /// The answer to a challenge was not taken.
    #[serde(untagged)]
    Challenge(challenge::Cause),
    /// The property rules said so.
    #[serde(untagged)]
    Refusal(refusal::Cause),
    /// The policy failed.
    #[serde(untagged)]
    Fault(Cause),
}

impl DenyCause {
    /// The stable code: `denied`, or the cause's own.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Primary(cause) => cause.code(),
            Self::Challenge(cause) => cause.code(),
            Self::Refusal(cause) => cause.code(),
            Self::Fault(cause) => cause.code(),
        }
    }

    /// What the user is told where no policy gave a text.
    const fn client_text(self) -> &'static str {
        match self {
            Self::Denied => DENIED_TEXT,
            Self::Fault(cause) => cause.client_text(),
            Self::Primary(_) | Self::Challenge(_) | Self::Refusal(_) => NEUTRAL_TEXT,
        }
    }
}

impl Denial {
    /// A denial with the cause's own text for the user.
    pub fn new(cause: DenyCause, reason: impl AsRef<str>) -> Self {
        Self {
            cause,
            reason: log_text(reason.as_ref(), MAX_REASON_BYTES),
            client_reason: ClientText::from(cause.client_text()),
        }
    }
}

impl From<Fault> for Denial {
    fn from(fault: Fault) -> Self {
        Self::new(DenyCause::Fault(fault.cause), fault.detail)
    }
}

impl From<Refusal> for Denial {
    fn from(refusal: Refusal) -> Self {
        Self::new(DenyCause::Refusal(refusal.cause), refusal.detail)
    }
}

impl From<primary::Failure> for Denial {
    fn from(failure: primary::Failure) -> Self {
        Self::new(DenyCause::Primary(failure.cause), failure.detail)
    }
}

/// What a policy says that keeps the user out.
impl From<Authret> for Denial {
    fn from(authret: Authret) -> Self {
        Self {
            cause: DenyCause::Denied,
            reason: authret.reason.unwrap_or_default().to_string(),
            client_reason: authret.client_reason.unwrap_or_else(|| ClientText::from(DENIED_TEXT)),
        }
    }
}

/// Shown where a policy denies without giving a text for the user.
const DENIED_TEXT: &str = "You are not allowed to log in.";

impl Outcome {
    /// The outcome again, unless it keeps the user out: every policy of a chain has to be passed like this.
    ///
    /// # Errors
    /// The policy denies.
    pub fn passing(self) -> Result<Self, Denial> {
        match (&self.challenge, self.authret.status) {
            (None, Status::Fail) => Err(self.authret.into()),
            (Some(_), _) | (None, Status::Succeed) => Ok(self),
        }
    }
}

/// Of one policy's outcome, or of what all policies of a login came to. Nothing else makes a [`Decision::Allow`].
impl<E: Into<Denial>> From<Result<Outcome, E>> for Decision {
    fn from(answer: Result<Outcome, E>) -> Self {
        match answer.map_err(Into::into).and_then(Outcome::passing) {
            Err(denial) => Self::Deny(denial),
            Ok(Outcome { challenge: Some(challenge), proplist_save, .. }) => {
                Self::Challenge { challenge, proplist_save }
            }
            Ok(Outcome { authret: Authret { user, proplist, .. }, proplist_save, .. }) => {
                Self::Allow { user, proplist, proplist_save }
            }
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
            let decision = Decision::from(Err::<Outcome, _>(Fault::new(cause, &detail)));
            let Decision::Deny(Denial { cause: denied, client_reason, .. }) = decision else {
                return Err(TestCaseError::fail("a fault let somebody in"));
            };
            prop_assert_eq!(denied.code(), cause.code());
            prop_assert_eq!(client_reason.as_str(), cause.client_text());
        }
    }

    #[test]
    fn whatever_the_gate_refuses_the_user_reads_the_same_and_the_log_another_code() {
        let causes = (primary::Cause::ALL.iter().map(|cause| DenyCause::Primary(*cause)))
            .chain(challenge::Cause::ALL.iter().map(|cause| DenyCause::Challenge(*cause)))
            .chain(refusal::Cause::ALL.iter().map(|cause| DenyCause::Refusal(*cause)));
        let mut codes: Vec<_> = Cause::ALL.iter().map(|cause| cause.code()).collect();
        for cause in causes {
            assert_eq!(cause.client_text(), NEUTRAL_TEXT);
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.code());
            codes.push(cause.code());
        }
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all, "two causes share a code");
    }
}
