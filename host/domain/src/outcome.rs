//! What a policy answered, after the host believed it.
//!
//! Not for: deciding whether to believe it; [`crate::check`] makes these values, and nothing else should.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Properties;
use crate::field::SessionState;
use crate::login::Authret;
use crate::text::ClientText;

/// A believed answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The state of the authentication after the policy.
    pub authret: Authret,
    /// What to store in the user's own record; an empty value removes a property.
    #[serde(default)]
    pub proplist_save: Properties,
    /// A question: whatever the status says, nobody is let in before it is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Challenge>,
    /// What to keep for the session; absent: what is kept stays. Base64 in JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_state: Option<SessionState>,
}

/// A question for the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// One line, cleaned, not empty.
    pub text: ClientText,
    /// Whether the answer is shown while it is typed.
    pub echo: Echo,
    /// Kept until the answer comes. Never shown.
    #[serde(default)]
    pub values: Properties,
}

pub use crate::wire::Echo;

/// A truth value in JSON, as in the contract.
impl Serialize for Echo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*self == Self::Shown)
    }
}

impl<'de> Deserialize<'de> for Echo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(if bool::deserialize(deserializer)? { Self::Shown } else { Self::Hidden })
    }
}
