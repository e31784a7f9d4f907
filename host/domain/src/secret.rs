//! A text that nobody may see by accident: it prints as stars and serialises as stars.
//!
//! Not for: keeping memory clean of it; the process that holds a password holds it in plain memory. Nor for texts that may repeat one;
//! see [`crate::Redactor`].

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What stands for a secret wherever it is shown.
pub const STARS: &str = "***";

/// A password, an answer to a challenge, or a key. Clones share it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into().into())
    }

    /// The text itself. Every call is a place to look at in a review.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STARS)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(STARS)
    }
}

/// An error of serde's own would quote what it found.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new).map_err(|_| de::Error::custom("expected a text"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_and_serialises_as_stars() {
        let secret = Secret::new("correct horse");
        assert_eq!(format!("{secret:?}"), "***");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"***\"");
    }

    /// A policy may hold some hundred handles to one, and a call looks for it in every text.
    #[test]
    fn a_clone_of_a_secret_takes_no_memory_of_its_own() {
        let secret = Secret::new("correct horse");
        assert!(std::ptr::eq(secret.clone().expose(), secret.expose()));
    }

    #[test]
    fn a_secret_of_the_wrong_type_is_not_quoted() {
        let error = serde_json::from_str::<Secret>("12345678").unwrap_err().to_string();
        assert!(error.contains("expected a text") && !error.contains("1234"), "{error}");
    }
}
