//! CRV1, the dynamic challenge: the server denies with a question, the client comes back with the answer as its password.
//!
//! Not for: minting, remembering or redeeming state ids.

use std::fmt;

use super::field::{Echo, NotOneLine, Text, decode_base64, encode_base64, flags, parse_flags};
use crate::secret::Secret;

/// What both directions begin with.
pub(super) const PREFIX: &str = "CRV1:";

/// The handle that ties an answer to its challenge: visible ASCII without colons and quotes. The store mints it; to everybody
/// else it is opaque.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StateId(String);

/// What the server asks: `CRV1:<flags>:<state id>:<user name in base64>:<text>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Whether the response is shown while it is typed.
    pub echo: Echo,
    /// Whether an answer is wanted; without it the text is shown and an empty answer returned.
    pub response_required: bool,
    /// What the client has to send back.
    pub state_id: StateId,
    /// The user name the client has to send back; any text.
    pub user: String,
    /// What the user reads.
    pub text: Text,
}

/// What the client answers in its password: `CRV1::<state id>::<response>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The handle of the challenge, as the client claims it.
    pub state_id: StateId,
    /// What the user typed; it may be empty and may contain colons.
    pub response: Secret,
}

/// Why a text is no dynamic challenge or no answer to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Another prefix, or fewer than five fields.
    #[error("a dynamic challenge must have the form `CRV1:<flags>:<state id>:<user name in base64>:<text>`")]
    ChallengeForm,
    /// Another prefix, or a separator is missing.
    #[error("the answer to a dynamic challenge must have the form `CRV1::<state id>::<response>`")]
    ResponseForm,
    /// An empty state id, or one with spaces, colons, quotes, control characters or characters beyond ASCII.
    #[error("a state id must be visible ASCII without colons and quotes")]
    StateId,
    /// The fourth field of a challenge.
    #[error("the user name of a dynamic challenge must be UTF-8 in base64")]
    User,
    /// The fifth field of a challenge.
    #[error(transparent)]
    Text(#[from] NotOneLine),
    /// Not even the empty text would fit.
    #[error("a dynamic challenge without its text has {bytes} bytes and does not fit into {limit}")]
    TooLong {
        /// The length of everything but the text.
        bytes: usize,
        /// What was allowed.
        limit: usize,
    },
}

impl StateId {
    /// Checks a state id.
    ///
    /// # Errors
    /// [`Error::StateId`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b':' | b'"' | b'\'');
        if !text.is_empty() && text.bytes().all(allowed) { Ok(Self(text.to_owned())) } else { Err(Error::StateId) }
    }

    /// The state id itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Challenge {
    /// Reads a challenge. The text may contain colons; flags come in any order and unknown ones are skipped.
    ///
    /// # Errors
    /// A malformed field; see [`Error`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let fields = text.strip_prefix(PREFIX).ok_or(Error::ChallengeForm)?;
        let mut fields = fields.splitn(4, ':');
        let mut next = || fields.next().ok_or(Error::ChallengeForm);
        let (flags, state_id, user, text) = (next()?, next()?, next()?, next()?);
        let (echo, response_required) = parse_flags(flags);
        Ok(Self {
            echo,
            response_required,
            state_id: StateId::parse(state_id)?,
            user: decode_base64(user).ok_or(Error::User)?,
            text: Text::parse(text)?,
        })
    }

    /// The challenge in at most `limit` bytes, normally [`super::MAX_PARAMETER_BYTES`]. Only the text is shortened, at a
    /// character: a shorter state id or user name would name something else.
    ///
    /// # Errors
    /// [`Error::TooLong`].
    pub fn encode_within(&self, limit: usize) -> Result<String, Error> {
        let head = self.head();
        let bytes = head.len();
        self.text.append_within(head, limit).ok_or(Error::TooLong { bytes, limit })
    }

    fn head(&self) -> String {
        let flags = flags(self.echo, self.response_required);
        format!("{PREFIX}{flags}:{}:{}:", self.state_id, encode_base64(&self.user))
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.head(), self.text)
    }
}

impl Response {
    /// Reads the answer a client sent as its password.
    ///
    /// # Errors
    /// [`Error::ResponseForm`] or [`Error::StateId`].
    pub fn parse(password: &str) -> Result<Self, Error> {
        let fields =
            password.strip_prefix(PREFIX).and_then(|rest| rest.strip_prefix(':')).ok_or(Error::ResponseForm)?;
        let (state_id, response) = fields.split_once("::").ok_or(Error::ResponseForm)?;
        Ok(Self { state_id: StateId::parse(state_id)?, response: Secret::new(response) })
    }

    /// The password a client sends to give this answer.
    pub fn encode(&self) -> Secret {
        Secret::new(format!("{PREFIX}:{}::{}", self.state_id, self.response.expose()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::field::MAX_PARAMETER_BYTES;
    use super::*;

    const FROM_THE_NOTES: &str = "CRV1:R,E:Om01u7Fh4LrGBS7uh0SWmzwabUiGiW6l:Y3Ix:Please enter token PIN";

    fn challenge(user: &str, text: &str) -> Challenge {
        Challenge {
            echo: Echo::Hidden,
            response_required: true,
            state_id: StateId::parse("id").unwrap(),
            user: user.to_owned(),
            text: Text::parse(text).unwrap(),
        }
    }

    #[test]
    fn the_example_of_the_notes_is_read_and_written_with_e_before_r() {
        let challenge = Challenge::parse(FROM_THE_NOTES).unwrap();
        assert_eq!((challenge.echo, challenge.response_required), (Echo::Shown, true));
        assert_eq!(challenge.state_id.as_str(), "Om01u7Fh4LrGBS7uh0SWmzwabUiGiW6l");
        assert_eq!((challenge.user.as_str(), challenge.text.as_str()), ("cr1", "Please enter token PIN"));
        assert_eq!(challenge.to_string(), FROM_THE_NOTES.replace("R,E", "E,R"));
    }

    #[test]
    fn the_answer_of_a_real_client_is_read() {
        let response = Response::parse("CRV1::Om01u7Fh4LrGBS7uh0SWmzwabUiGiW6l::123456").unwrap();
        assert_eq!(response.state_id.as_str(), "Om01u7Fh4LrGBS7uh0SWmzwabUiGiW6l");
        assert_eq!(response.response.expose(), "123456");
    }

    #[test]
    fn a_text_and_a_response_may_contain_colons() {
        assert_eq!(Challenge::parse("CRV1::id::PIN: now::").unwrap().text.as_str(), "PIN: now::");
        assert_eq!(Response::parse("CRV1::id:::a::b:").unwrap().response.expose(), ":a::b:");
    }

    #[test]
    fn an_unknown_flag_is_skipped() {
        let challenge = Challenge::parse("CRV1:X,E,:id::text").unwrap();
        assert_eq!((challenge.echo, challenge.response_required), (Echo::Shown, false));
    }

    #[test]
    fn a_malformed_challenge_names_the_field() {
        for (text, error) in [
            ("CRV1", Error::ChallengeForm),
            ("CRV1:R:id:Y3Ix", Error::ChallengeForm),
            ("SCRV1:R:id:Y3Ix:text", Error::ChallengeForm),
            ("CRV1:R::Y3Ix:text", Error::StateId),
            ("CRV1:R:i d:Y3Ix:text", Error::StateId),
            ("CRV1:R:id:Y3I:text", Error::User),
            ("CRV1:R:id:/w==:text", Error::User),
            ("CRV1:R:id:Y3Ix:te\nxt", Error::Text(NotOneLine)),
        ] {
            assert_eq!(Challenge::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_state_id_is_visible_ascii() {
        for text in ["", "a b", "a:b", "a\"b", "a'b", "a\n", "é"] {
            assert_eq!(StateId::parse(text), Err(Error::StateId), "{text:?}");
        }
        assert!(StateId::parse("Om01u7Fh-4Lr_GBS7/uh+0SW==").is_ok());
    }

    #[test]
    fn a_long_text_is_cut_at_a_character_and_nothing_else_is() {
        let challenge = challenge("cr1", &"é".repeat(200));
        let wire = challenge.encode_within(MAX_PARAMETER_BYTES).unwrap();
        assert_eq!(wire, format!("CRV1:R:id:Y3Ix:{}", "é".repeat(120)));
        assert_eq!(wire.len(), MAX_PARAMETER_BYTES);
        assert_eq!(challenge.encode_within(MAX_PARAMETER_BYTES - 1).unwrap().len(), MAX_PARAMETER_BYTES - 2);
    }

    #[test]
    fn a_user_name_that_leaves_no_room_is_an_error() {
        let challenge = challenge(&"u".repeat(256), "text");
        assert_eq!(challenge.encode_within(255), Err(Error::TooLong { bytes: 355, limit: 255 }));
    }

    proptest! {
        #[test]
        fn a_challenge_is_read_as_it_was_written(
            shown in any::<bool>(), response_required in any::<bool>(),
            state_id in "[!#-&(-9;-~]{1,40}", user in any::<String>(), text in "[^\\p{Cc}\u{2028}\u{2029}]{0,60}",
        ) {
            let echo = if shown { Echo::Shown } else { Echo::Hidden };
            let (state_id, text) = (StateId::parse(&state_id).unwrap(), Text::parse(&text).unwrap());
            let challenge = Challenge { echo, response_required, state_id, user, text };
            prop_assert_eq!(Challenge::parse(&challenge.to_string()), Ok(challenge));
        }

        #[test]
        fn a_shortened_challenge_keeps_all_but_the_end_of_its_text(
            user in any::<String>(), text in "[^\\p{Cc}\u{2028}\u{2029}]{0,60}", limit in 0_usize..400,
        ) {
            let challenge = challenge(&user, &text);
            match challenge.encode_within(limit) {
                Ok(wire) => {
                    prop_assert!(wire.len() <= limit && challenge.to_string().starts_with(&wire));
                    let read = Challenge::parse(&wire).unwrap();
                    prop_assert!(text.starts_with(read.text.as_str()));
                    prop_assert!(read.text.as_str() == text || wire.len() + 4 > limit);
                    prop_assert_eq!(Challenge { text: challenge.text.clone(), ..read }, challenge);
                }
                Err(error) => prop_assert_eq!(error, Error::TooLong { bytes: challenge.head().len(), limit }),
            }
        }

        #[test]
        fn a_response_is_read_as_it_was_written(state_id in "[!#-&(-9;-~]{1,40}", response in any::<String>()) {
            let response = Response { state_id: StateId::parse(&state_id).unwrap(), response: Secret::new(response) };
            prop_assert_eq!(Response::parse(response.encode().expose()), Ok(response));
        }

        #[test]
        fn parsing_never_panics(text in "(CRV1:)?[:,ER=a-zA-Z é\\x00-\\x1f]{0,60}|.*") {
            let _ = (Challenge::parse(&text), Response::parse(&text));
        }
    }
}
