//! The challenge strings of OpenVPN's text protocols, each a pure function between text and value.
//!
//! Not for: quoting a management parameter or splitting its lines (the front doors do that), nor for cleaning a text that a
//! policy wrote ([`crate::text`] does that). The rules are those of OpenVPN's `management-notes.txt` (2.6).

pub mod cr_text;
pub mod crv1;
mod field;
pub mod scrv1;
pub mod web_auth;

use crate::secret::Secret;

pub use field::{Echo, MAX_INFO_PRE_BYTES, MAX_PARAMETER_BYTES, NotOneLine, Text};

/// What the password of a login carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Password {
    /// A password and nothing else.
    Plain(Secret),
    /// A password with the answer to a static challenge.
    Static(scrv1::Response),
    /// The answer to a dynamic challenge; the password was checked in the transaction before.
    Response(crv1::Response),
}

/// Why a password could not be classified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It begins like the answer to a static challenge.
    #[error("read a password that begins with `SCRV1:`")]
    Static(#[source] scrv1::Error),
    /// It begins like the answer to a dynamic challenge.
    #[error("read a password that begins with `CRV1:`")]
    Response(#[source] crv1::Error),
}

impl Password {
    /// Classifies by the prefix. A password that begins with `SCRV1:` or `CRV1:` is never a plain one: taking a damaged answer
    /// for a password would skip the challenge it answers.
    ///
    /// # Errors
    /// What follows such a prefix is malformed.
    pub fn parse(password: Secret) -> Result<Self, Error> {
        let text = password.expose();
        if text.starts_with(scrv1::PREFIX) {
            scrv1::Response::parse(text).map(Self::Static).map_err(Error::Static)
        } else if text.starts_with(crv1::PREFIX) {
            crv1::Response::parse(text).map(Self::Response).map_err(Error::Response)
        } else {
            Ok(Self::Plain(password))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::field::{decode_base64, encode_base64, flags, parse_flags};
    use super::*;

    fn classify(password: &str) -> Result<Password, Error> {
        Password::parse(Secret::new(password))
    }

    #[test]
    fn a_password_as_the_server_hands_it_over_is_classified() {
        assert_eq!(classify("s3cret"), Ok(Password::Plain(Secret::new("s3cret"))));
        assert_eq!(
            classify("SCRV1:czNjcmV0:MTIzNDU2"),
            Ok(Password::Static(scrv1::Response { password: Secret::new("s3cret"), response: Secret::new("123456") }))
        );
        assert_eq!(
            classify("CRV1::Om01u7Fh4LrGBS7uh0SWmzwabUiGiW6l::8675309"),
            Ok(Password::Response(crv1::Response {
                state_id: crv1::StateId::parse("Om01u7Fh4LrGBS7uh0SWmzwabUiGiW6l").unwrap(),
                response: Secret::new("8675309"),
            }))
        );
    }

    #[test]
    fn a_damaged_answer_is_no_plain_password() {
        for password in ["SCRV1:", "SCRV1:czNjcmV0", "SCRV1:czNjcmV0:!", "SCRV1:a:b:c"] {
            assert!(matches!(classify(password), Err(Error::Static(_))), "{password}");
        }
        for password in ["CRV1:", "CRV1::", "CRV1::id", "CRV1::id:x", "CRV1::::x", "CRV1:R,E:id:Y3Ix:text"] {
            assert!(matches!(classify(password), Err(Error::Response(_))), "{password}");
        }
    }

    #[test]
    fn a_prefix_in_another_spelling_is_a_plain_password() {
        for password in ["", "SCRV1", "CRV1", "crv1::id::x", " SCRV1:YQ==:YQ==", "CRV2::id::x"] {
            assert!(matches!(classify(password), Ok(Password::Plain(_))), "{password}");
        }
    }

    #[test]
    fn neither_a_value_nor_an_error_prints_a_secret() {
        for password in
            ["hunter2", "SCRV1:aHVudGVyMg==:aHVudGVyMg==", "CRV1::id::hunter2", "SCRV1:hunter2", "CRV1:hunter2"]
        {
            let printed = format!("{:?}", classify(password));
            assert!(!printed.contains("hunter2") && !printed.contains("aHVudGVyMg"), "{printed}");
        }
    }

    #[test]
    fn a_text_is_one_line() {
        for text in ["a\nb", "a\r", "\0", "\u{7f}", "\u{85}", "\u{2028}"] {
            assert_eq!(Text::parse(text), Err(NotOneLine), "{text:?}");
        }
        assert_eq!(Text::parse("Geben Sie \"PIN\": ein ✓").unwrap().as_str(), "Geben Sie \"PIN\": ein ✓");
    }

    proptest! {
        #[test]
        fn classifying_never_panics(text in "(S?CRV1:)?[:A-Za-z0-9+/=é\\x00-\\x20]{0,40}") {
            let _ = classify(&text);
        }

        #[test]
        fn only_the_two_prefixes_are_not_plain(text in any::<String>()) {
            let prefixed = text.starts_with("SCRV1:") || text.starts_with("CRV1:");
            prop_assert_eq!(!prefixed, classify(&text) == Ok(Password::Plain(Secret::new(text.as_str()))));
        }

        #[test]
        fn flags_are_read_as_they_were_written(shown in any::<bool>(), required in any::<bool>()) {
            let echo = if shown { Echo::Shown } else { Echo::Hidden };
            prop_assert_eq!(parse_flags(flags(echo, required)), (echo, required));
        }

        #[test]
        fn base64_is_read_as_it_was_written(text in any::<String>()) {
            prop_assert_eq!(decode_base64(&encode_base64(&text)), Some(text));
        }
    }
}
