//! SCRV1, the static challenge: the question stands in the client's configuration, and password and answer arrive together.
//!
//! Not for: checking either of them.

use std::fmt;

use super::field::{Echo, NotOneLine, Text, decode_base64, encode_base64};
use crate::secret::Secret;

/// What an answer begins with.
pub(super) const PREFIX: &str = "SCRV1:";
const CHALLENGE_PREFIX: &str = "SC:";
const ECHO_BIT: u8 = 1;
const CONCATENATED_BIT: u8 = 2;

/// How the client joins password and answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As `SCRV1:<password>:<answer>`, each in base64.
    Scrv1,
    /// One after the other as a plain password, for a server that takes them apart itself.
    Concatenated,
}

/// What OpenVPN's client asks its user interface, from `static-challenge` in its configuration: `SC:<flag>,<text>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Whether the response is shown while it is typed (bit 0 of the flag).
    pub echo: Echo,
    /// How the answer is sent (bit 1 of the flag).
    pub format: Format,
    /// What the user reads.
    pub text: Text,
}

/// What the client answers in its password: `SCRV1:<password in base64>:<response in base64>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The password; it may be empty.
    pub password: Secret,
    /// The answer to the challenge; it may be empty.
    pub response: Secret,
}

/// Why a text is no static challenge or no answer to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Another prefix, or no comma after the flag.
    #[error("a static challenge must have the form `SC:<flag>,<text>`")]
    ChallengeForm,
    /// The flag is not one of the four sums of its two bits.
    #[error("the flag of a static challenge must be `0`, `1`, `2` or `3`")]
    Flag,
    /// The text of a challenge.
    #[error(transparent)]
    Text(#[from] NotOneLine),
    /// Another prefix, or not exactly two fields.
    #[error("the answer to a static challenge must have the form `SCRV1:<password in base64>:<response in base64>`")]
    ResponseForm,
    /// The first field of an answer.
    #[error("the password beside a static response must be UTF-8 in base64")]
    Password,
    /// The second field of an answer.
    #[error("a static response must be UTF-8 in base64")]
    Response,
}

impl Challenge {
    /// Reads what follows `>PASSWORD:Need 'Auth' username/password `. The text may contain commas.
    ///
    /// # Errors
    /// A malformed field; see [`Error`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let fields = text.strip_prefix(CHALLENGE_PREFIX).ok_or(Error::ChallengeForm)?;
        let (flag, text) = fields.split_once(',').ok_or(Error::ChallengeForm)?;
        let flag: u8 = match flag {
            "0" => 0,
            "1" => ECHO_BIT,
            "2" => CONCATENATED_BIT,
            "3" => ECHO_BIT | CONCATENATED_BIT,
            _ => return Err(Error::Flag),
        };
        Ok(Self {
            echo: if flag & ECHO_BIT == 0 { Echo::Hidden } else { Echo::Shown },
            format: if flag & CONCATENATED_BIT == 0 { Format::Scrv1 } else { Format::Concatenated },
            text: Text::parse(text)?,
        })
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let echo = if self.echo == Echo::Shown { ECHO_BIT } else { 0 };
        let format = if self.format == Format::Concatenated { CONCATENATED_BIT } else { 0 };
        write!(f, "{CHALLENGE_PREFIX}{},{}", echo | format, self.text)
    }
}

impl Response {
    /// Reads the password and the answer a client sent as its password.
    ///
    /// # Errors
    /// [`Error::ResponseForm`], [`Error::Password`] or [`Error::Response`].
    pub fn parse(password: &str) -> Result<Self, Error> {
        let fields = password.strip_prefix(PREFIX).ok_or(Error::ResponseForm)?;
        let (password, response) = fields.split_once(':').ok_or(Error::ResponseForm)?;
        if response.contains(':') {
            return Err(Error::ResponseForm);
        }
        Ok(Self {
            password: Secret::new(decode_base64(password).ok_or(Error::Password)?),
            response: Secret::new(decode_base64(response).ok_or(Error::Response)?),
        })
    }

    /// The password a client sends to give this answer.
    pub fn encode(&self) -> Secret {
        let [password, response] = [&self.password, &self.response].map(|secret| encode_base64(secret.expose()));
        Secret::new(format!("{PREFIX}{password}:{response}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn response(password: &str, response: &str) -> Response {
        Response { password: Secret::new(password), response: Secret::new(response) }
    }

    #[test]
    fn the_answers_of_real_clients_are_read() {
        assert_eq!(Response::parse("SCRV1:czNjcmV0:MTIzNDU2"), Ok(response("s3cret", "123456")));
        assert_eq!(Response::parse("SCRV1:YmFy:ODY3NTMwOQ=="), Ok(response("bar", "8675309")));
    }

    #[test]
    fn password_and_response_may_be_empty() {
        assert_eq!(Response::parse("SCRV1::"), Ok(response("", "")));
        assert_eq!(Response::parse("SCRV1::MTIzNDU2"), Ok(response("", "123456")));
        assert_eq!(Response::parse("SCRV1:czNjcmV0:"), Ok(response("s3cret", "")));
    }

    #[test]
    fn a_malformed_answer_names_the_field() {
        for (text, error) in [
            ("CRV1:YQ==:YQ==", Error::ResponseForm),
            ("SCRV1:YQ==", Error::ResponseForm),
            ("SCRV1:YQ==:YQ==:", Error::ResponseForm),
            ("SCRV1:YQ:YQ==", Error::Password),
            ("SCRV1:/w==:YQ==", Error::Password),
            ("SCRV1:YQ==:YR==", Error::Response),
            ("SCRV1:YQ==:YQ== ", Error::Response),
            ("SCRV1:YQ==:/w==", Error::Response),
        ] {
            assert_eq!(Response::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn the_challenge_a_real_client_is_asked_is_read() {
        let challenge = Challenge::parse("SC:1,Enter OTP").unwrap();
        assert_eq!(
            (challenge.echo, challenge.format, challenge.text.as_str()),
            (Echo::Shown, Format::Scrv1, "Enter OTP")
        );
        let challenge = Challenge::parse("SC:2,PIN, then token").unwrap();
        assert_eq!((challenge.echo, challenge.format), (Echo::Hidden, Format::Concatenated));
        assert_eq!(challenge.text.as_str(), "PIN, then token");
    }

    #[test]
    fn a_malformed_challenge_names_the_field() {
        for (text, error) in [
            ("SCRV1:1,text", Error::ChallengeForm),
            ("SC:1", Error::ChallengeForm),
            ("SC:,text", Error::Flag),
            ("SC:4,text", Error::Flag),
            ("SC:01,text", Error::Flag),
            ("SC:1,te\nxt", Error::Text(NotOneLine)),
        ] {
            assert_eq!(Challenge::parse(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_response_is_read_as_it_was_written(password in any::<String>(), answer in any::<String>()) {
            let response = response(&password, &answer);
            prop_assert_eq!(Response::parse(response.encode().expose()), Ok(response));
        }

        #[test]
        fn a_challenge_is_read_as_it_was_written(
            shown in any::<bool>(), concatenated in any::<bool>(), text in "[^\\p{Cc}\u{2028}\u{2029}]{0,60}",
        ) {
            let echo = if shown { Echo::Shown } else { Echo::Hidden };
            let format = if concatenated { Format::Concatenated } else { Format::Scrv1 };
            let challenge = Challenge { echo, format, text: Text::parse(&text).unwrap() };
            prop_assert_eq!(Challenge::parse(&challenge.to_string()), Ok(challenge));
        }

        #[test]
        fn parsing_never_panics(text in "(SCRV1:|SC:)?[:,0-9a-zA-Z+/= é\\x00-\\x1f]{0,60}|.*") {
            let _ = (Challenge::parse(&text), Response::parse(&text));
        }
    }
}
