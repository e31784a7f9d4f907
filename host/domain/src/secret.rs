//! A text that nobody may see by accident: it prints as stars and serialises as stars.
//!
//! Not for: keeping memory clean of it; the process that holds a password holds it in plain memory.

use std::{fmt, iter};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What stands for a secret wherever it is shown.
pub const STARS: &str = "***";

/// A password, an answer to a challenge, or a key.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
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
        String::deserialize(deserializer).map(Self).map_err(|_| de::Error::custom("expected a text"))
    }
}

/// Replaces every occurrence of a secret, or of a line of one, by stars. It looks at a text as it was written: clean and cut it
/// afterwards. Secrets and lines of fewer than four bytes are left alone: starring them out would garble the text and give
/// them away by the gaps.
pub fn scrub<'a>(text: &str, secrets: impl IntoIterator<Item = &'a Secret>) -> String {
    const SHORTEST: usize = 4;
    let parts = secrets.into_iter().flat_map(|secret| iter::once(secret.expose()).chain(secret.0.lines()));
    let found = parts.filter(|part| part.len() >= SHORTEST).flat_map(|part| text.match_indices(part));
    let mut found: Vec<_> = found.map(|(start, part)| start..start + part.len()).collect();
    found.sort_unstable_by_key(|range| range.start);
    let (mut scrubbed, mut done) = (String::new(), 0);
    for range in found {
        // Secrets may overlap: what another one has covered already needs no stars of its own.
        if range.start >= done {
            scrubbed += text.get(done..range.start).unwrap_or_default();
            scrubbed += STARS;
        }
        done = done.max(range.end);
    }
    scrubbed + text.get(done..).unwrap_or_default()
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

    #[test]
    fn a_secret_of_the_wrong_type_is_not_quoted() {
        let error = serde_json::from_str::<Secret>("12345678").unwrap_err().to_string();
        assert!(error.contains("expected a text") && !error.contains("1234"), "{error}");
    }

    #[test]
    fn scrubbing_stars_out_every_occurrence_but_leaves_tiny_secrets() {
        let secrets = [Secret::new("hunter2"), Secret::new("a")];
        assert_eq!(scrub("a hunter2, hunter2", &secrets), "a ***, ***");
    }

    #[test]
    fn overlapping_secrets_leave_nothing_of_either() {
        let secrets = [Secret::new("sk_live_"), Secret::new("sk_live_4eC39Hq"), Secret::new("39Hq-tail")];
        assert_eq!(scrub("key sk_live_4eC39Hq-tail!", &secrets), "key ***!");
    }

    #[test]
    fn a_line_of_a_secret_is_as_secret_as_the_whole() {
        let secrets = [Secret::new("-----BEGIN\nMIIEvQIBADAN\n-----END")];
        assert_eq!(scrub("it says MIIEvQIBADAN", &secrets), "it says ***");
    }
}
