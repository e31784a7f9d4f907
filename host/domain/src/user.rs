//! The two user names of a login, as two types: the one somebody typed and the one the directory spells.
//!
//! Not for: looking users up. A decision that takes a [`CanonicalUser`] cannot be given the entered name by accident.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest user name in bytes; LDAP and RADIUS (RFC 2865, section 5.1: 253 octets) stay below it.
pub const MAX_USER_BYTES: usize = 256;

/// Why a text is no user name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An empty name.
    #[error("a user name must not be empty")]
    Empty,
    /// More than [`MAX_USER_BYTES`].
    #[error("a user name has at most {MAX_USER_BYTES} bytes, not {0}")]
    TooLong(usize),
    /// A control character, which logs and wire formats would pass on.
    #[error("a user name must not contain control characters")]
    ControlCharacter,
}

fn check(name: &str) -> Result<(), Error> {
    if name.is_empty() {
        Err(Error::Empty)
    } else if name.len() > MAX_USER_BYTES {
        Err(Error::TooLong(name.len()))
    } else if name.chars().any(char::is_control) {
        Err(Error::ControlCharacter)
    } else {
        Ok(())
    }
}

macro_rules! user_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes a name of 1 to [`MAX_USER_BYTES`] bytes without control characters.
            pub fn new(name: impl Into<String>) -> Result<Self, Error> {
                let name = name.into();
                check(&name)?;
                Ok(Self(name))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;

            fn try_from(name: String) -> Result<Self, Error> {
                Self::new(name)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
    };
}

user_name! {
    /// The name as somebody typed it. Good for logs and for the primary authentication, for nothing else.
    EnteredUser
}

user_name! {
    /// The name as the directory spells it: the one to decide on (the notes' authret['user']).
    CanonicalUser
}
