//! How a user was authenticated: a closed set of words, and the one way to say another one.
//!
//! Not for: which method holds for whom; that is the gate's. Policies read the word as `info.auth_method`.

use std::fmt;

/// The longest word in bytes.
pub const MAX_METHOD_BYTES: usize = 32;

/// How a user was authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthMethod {
    /// A password kept by whoever asked for it.
    Local,
    /// An LDAP directory.
    Ldap,
    /// A RADIUS server.
    Radius,
    /// The front door's operating system.
    Pam,
    /// An identity provider.
    Saml,
    /// Not at all: nobody has vouched for the name (the notes' AUTH_NULL).
    None,
    /// A certificate alone.
    Autologin,
    /// A session token that an earlier login was given.
    Session,
    /// One that the contract has no word for, and that a front door has said to prove who somebody is.
    Other(Named),
}

/// A word of lower-case letters, digits, dashes and underscores that is none of the contract's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named(String);

/// Why a word is no method.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A word that might mean anything.
    #[error(
        "the method is none of {WORDS}: a front door that has proven who it is by another one says `proven: true` beside its name"
    )]
    Unknown,
    /// Not even a name.
    #[error("the method takes 1 to {MAX_METHOD_BYTES} lower-case letters, digits, dashes and underscores")]
    NotAName,
    /// `none` proves nothing, and every other word of the contract something.
    #[error("`proven` contradicts the method `{0}`")]
    Contradiction(&'static str),
}

const WORDS: &str = "`local`, `ldap`, `radius`, `pam`, `saml`, `none`, `autologin` and `session`";

impl AuthMethod {
    const CLOSED: [Self; 8] =
        [Self::Local, Self::Ldap, Self::Radius, Self::Pam, Self::Saml, Self::None, Self::Autologin, Self::Session];

    /// What somebody says, and whether they say that it proves who the user is.
    ///
    /// # Errors
    /// A word that is not in the set without `proven`, or one that `proven` contradicts.
    pub fn said(word: &str, proven: Option<bool>) -> Result<Self, Error> {
        if let Some(method) = Self::CLOSED.into_iter().find(|method| method.as_str() == word) {
            return match proven {
                Some(proven) if proven != method.is_proven() => Err(Error::Contradiction(method.closed_word())),
                _ => Ok(method),
            };
        }
        if proven != Some(true) {
            return Err(Error::Unknown);
        }
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        if word.is_empty() || word.len() > MAX_METHOD_BYTES || !word.bytes().all(plain) {
            return Err(Error::NotAName);
        }
        Ok(Self::Other(Named(word.to_owned())))
    }

    /// The word, as policies see it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(Named(word)) => word,
            closed => closed.closed_word(),
        }
    }

    /// Somebody vouches for the name. Where nobody does, a policy decides alone.
    pub fn is_proven(&self) -> bool {
        *self != Self::None
    }

    /// A person is at the keyboard, who could answer a question.
    pub fn is_attended(&self) -> bool {
        !matches!(self, Self::Autologin | Self::Session)
    }

    const fn closed_word(&self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Ldap => "ldap",
            Self::Radius => "radius",
            Self::Pam => "pam",
            Self::Saml => "saml",
            Self::None => "none",
            Self::Autologin => "autologin",
            Self::Session => "session",
            Self::Other(_) => "other",
        }
    }
}

impl fmt::Display for AuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
