//! CR_TEXT, the challenge within a pending login: `CR_TEXT:<flags>:<text>` goes out, a CR_RESPONSE comes back, in one handshake.
//!
//! Not for: the lines around them; `client-pending-auth` and `>CLIENT:CR_RESPONSE,{cid},{kid},` belong to the front door.

use std::fmt;

use super::field::{Echo, NotOneLine, Text, decode_base64, encode_base64, flags, parse_flags};
use crate::secret::Secret;

const PREFIX: &str = "CR_TEXT:";

/// What the server asks while the login is pending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Whether the response is shown while it is typed.
    pub echo: Echo,
    /// Whether an answer is wanted; without it the text is only shown.
    pub response_required: bool,
    /// What the user reads.
    pub text: Text,
}

/// Why a text is no pending challenge or no answer to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Another prefix, or no second field.
    #[error("a pending challenge must have the form `CR_TEXT:<flags>:<text>`")]
    Form,
    /// The text of a challenge.
    #[error(transparent)]
    Text(#[from] NotOneLine),
    /// Not even the empty text would fit.
    #[error("a pending challenge without its text has {bytes} bytes and does not fit into {limit}")]
    TooLong {
        /// The length of everything but the text.
        bytes: usize,
        /// What was allowed.
        limit: usize,
    },
    /// What a client sent in its `cr-response`. OpenVPN passes it on unchecked.
    #[error("the response to a pending challenge must be UTF-8 in base64")]
    Response,
}

impl Challenge {
    /// Reads a challenge. The text may contain colons; flags come in any order and unknown ones are skipped.
    ///
    /// # Errors
    /// [`Error::Form`] or [`Error::Text`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let fields = text.strip_prefix(PREFIX).ok_or(Error::Form)?;
        let (flags, text) = fields.split_once(':').ok_or(Error::Form)?;
        let (echo, response_required) = parse_flags(flags);
        Ok(Self { echo, response_required, text: Text::parse(text)? })
    }

    /// The challenge in at most `limit` bytes, its text shortened at a character: [`super::MAX_PARAMETER_BYTES`] through the
    /// management interface, [`super::MAX_INFO_PRE_BYTES`] from OpenVPN's plugins and scripts.
    ///
    /// # Errors
    /// [`Error::TooLong`].
    pub fn encode_within(&self, limit: usize) -> Result<String, Error> {
        let head = self.head();
        let bytes = head.len();
        self.text.append_within(head, limit).ok_or(Error::TooLong { bytes, limit })
    }

    fn head(&self) -> String {
        format!("{PREFIX}{}:", flags(self.echo, self.response_required))
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.head(), self.text)
    }
}

/// Reads the base64 of a `>CLIENT:CR_RESPONSE`. The answer may be empty.
///
/// # Errors
/// [`Error::Response`].
pub fn parse_response(base64: &str) -> Result<Secret, Error> {
    decode_base64(base64).map(Secret::new).ok_or(Error::Response)
}

/// The base64 a client sends with `cr-response`; as secret as the answer itself.
pub fn encode_response(response: &Secret) -> Secret {
    Secret::new(encode_base64(response.expose()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::field::MAX_PARAMETER_BYTES;
    use super::*;

    #[test]
    fn a_challenge_as_a_real_client_shows_it_is_read_and_written_with_e_before_r() {
        let challenge = Challenge::parse("CR_TEXT:R,E:Enter your PIN").unwrap();
        assert_eq!((challenge.echo, challenge.response_required), (Echo::Shown, true));
        assert_eq!(challenge.text.as_str(), "Enter your PIN");
        assert_eq!(challenge.to_string(), "CR_TEXT:E,R:Enter your PIN");
    }

    #[test]
    fn the_response_of_the_notes_is_read() {
        assert_eq!(parse_response("SGFsbG8gV2VsdCE=").unwrap().expose(), "Hallo Welt!");
        assert_eq!(parse_response("").unwrap().expose(), "");
    }

    #[test]
    fn a_response_that_is_no_text_is_an_error() {
        for base64 in ["SGFsbG8gV2VsdCE", "MTIz NDU2", "MTIzNDU2\n", "/w==", "="] {
            assert_eq!(parse_response(base64), Err(Error::Response), "{base64}");
        }
    }

    #[test]
    fn a_malformed_challenge_names_the_field() {
        for (text, error) in [
            ("CR_TEXT", Error::Form),
            ("CR_TEXT:R,E", Error::Form),
            ("cr_text:R:text", Error::Form),
            ("CR_TEXT:R:te\rxt", Error::Text(NotOneLine)),
        ] {
            assert_eq!(Challenge::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let text = Text::parse(&"→".repeat(100)).unwrap();
        let challenge = Challenge { echo: Echo::Hidden, response_required: true, text };
        let wire = challenge.encode_within(MAX_PARAMETER_BYTES).unwrap();
        assert_eq!(wire, format!("CR_TEXT:R:{}", "→".repeat(81)));
        assert_eq!(challenge.encode_within(9), Err(Error::TooLong { bytes: 10, limit: 9 }));
        assert_eq!(challenge.encode_within(10), Ok("CR_TEXT:R:".to_owned()));
    }

    proptest! {
        #[test]
        fn a_challenge_is_read_as_it_was_written(
            shown in any::<bool>(), response_required in any::<bool>(), text in "[^\\p{Cc}\u{2028}\u{2029}]{0,60}",
        ) {
            let echo = if shown { Echo::Shown } else { Echo::Hidden };
            let challenge = Challenge { echo, response_required, text: Text::parse(&text).unwrap() };
            prop_assert_eq!(challenge.encode_within(1024), Ok(challenge.to_string()));
            prop_assert_eq!(Challenge::parse(&challenge.to_string()), Ok(challenge));
        }

        #[test]
        fn a_response_is_read_as_it_was_written(response in any::<String>()) {
            let response = Secret::new(response);
            prop_assert_eq!(parse_response(encode_response(&response).expose()), Ok(response));
        }

        #[test]
        fn parsing_never_panics(text in "(CR_TEXT:)?[:,ERa-z é\\x00-\\x1f]{0,60}|.*") {
            let _ = (Challenge::parse(&text), parse_response(&text));
        }
    }
}
