//! Texts that leave the house: cleaned for the client, cleaned for the log.
//!
//! Not for: the encodings of a wire format; those are in [`crate::wire`].

mod commands;

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest client text in bytes. A management parameter holds 255 bytes, from which quoting, `AUTH_FAILED,` and a challenge's
/// other fields take their part.
pub const MAX_CLIENT_BYTES: usize = 200;
/// The longest reason kept for the log, in bytes.
pub const MAX_REASON_BYTES: usize = 1024;
/// The longest challenge text in bytes, so that a whole CRV1 string fits into 255.
pub const MAX_CHALLENGE_BYTES: usize = 160;

/// A text that may be shown to a client: one line, no double quotes, no backslashes, nothing that a client takes for a command such as
/// `CRV1:`, at most [`MAX_CLIENT_BYTES`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct ClientText(String);

impl ClientText {
    /// Cleans any text: control characters (and the line separators of Unicode) become spaces, double quotes single ones,
    /// backslashes slashes; a word that a client takes for a command loses the mark that makes it one; the rest is cut at a character
    /// boundary.
    pub fn clean(text: &str) -> Self {
        Self::clean_within(text, MAX_CLIENT_BYTES)
    }

    /// The same with a tighter limit.
    pub fn clean_within(text: &str, max_bytes: usize) -> Self {
        let line: String = text
            .chars()
            .take(max_bytes)
            .map(|c| match c {
                '"' => '\'',
                '\\' => '/',
                c if moves_the_eye(c) => ' ',
                c => c,
            })
            .collect();
        Self(cut(&commands::disarm(line), max_bytes.min(MAX_CLIENT_BYTES)).to_owned())
    }

    /// The cleaned text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for ClientText {
    fn from(text: String) -> Self {
        Self::clean(&text)
    }
}

impl From<&'static str> for ClientText {
    fn from(text: &'static str) -> Self {
        Self::clean(text)
    }
}

impl fmt::Display for ClientText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One line for the log: control characters become spaces, and at most `max_bytes` are kept.
pub fn log_text(text: &str, max_bytes: usize) -> String {
    if text.len() <= max_bytes && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let line: String = text.chars().take(max_bytes).map(|c| if moves_the_eye(c) { ' ' } else { c }).collect();
    cut(&line, max_bytes).to_owned()
}

/// Control characters (C0, C1 and DEL), the line and paragraph separators, and the marks that reorder a line for the eye.
pub fn moves_the_eye(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// The longest prefix of at most `max_bytes` bytes that ends at a character.
pub(crate) fn cut(text: &str, max_bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(max_bytes)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotes_and_control_characters_do_not_reach_the_client() {
        assert_eq!(ClientText::clean("say \"no\"\r\nclient-auth 0 1\\").as_str(), "say 'no'  client-auth 0 1/");
    }

    proptest! {
        #[test]
        fn a_client_text_is_always_clean(text in any::<String>()) {
            let clean = ClientText::clean(&text);
            prop_assert!(clean.as_str().len() <= MAX_CLIENT_BYTES);
            prop_assert!(!clean.as_str().chars().any(|c| c.is_control() || c == '"' || c == '\\'));
            prop_assert_eq!(&ClientText::clean(clean.as_str()), &clean);
        }

        #[test]
        fn a_log_text_is_one_line_within_its_limit(text in any::<String>(), limit in 0_usize..64) {
            let line = log_text(&text, limit);
            prop_assert!(line.len() <= limit && !line.chars().any(char::is_control));
        }
    }
}
