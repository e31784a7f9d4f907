//! Why a capability gave no answer, whichever it is.
//!
//! Not for: what it was asked; see [`crate::directory`] and [`crate::http`].

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Cause;

/// Why there is no answer; the cases are those of `wit/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
#[schema(as = CapabilityError)]
pub enum Error {
    /// Not granted, or out of bounds.
    #[error("denied: {0}")]
    Denied(String),
    /// Nobody answered in time.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The question is malformed.
    #[error("invalid: {0}")]
    Invalid(String),
    /// The call's budget is used up.
    #[error("exhausted: {0}")]
    Exhausted(String),
}

impl Error {
    /// What a policy fails for if it cannot go on without the answer; a malformed question is its own mistake.
    pub const fn cause(&self) -> Option<Cause> {
        match self {
            Self::Denied(_) => Some(Cause::CapabilityDenied),
            Self::Unavailable(_) => Some(Cause::CapabilityUnavailable),
            Self::Exhausted(_) => Some(Cause::HostCallBudget),
            Self::Invalid(_) => None,
        }
    }

    /// What is known of it.
    pub fn detail(&self) -> &str {
        match self {
            Self::Denied(detail) | Self::Unavailable(detail) | Self::Invalid(detail) | Self::Exhausted(detail) => {
                detail
            }
        }
    }
}
