//! The two user names of a login, as two types: the one somebody typed and the one the directory spells.
//!
//! Not for: looking users up. A decision that takes a [`CanonicalUser`] cannot be given the entered name by accident.

mod error;
mod normal_form;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::bounded::Text;
use normal_form::normal_form;

pub use error::{Error, MAX_USER_BYTES};

macro_rules! user_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "Text<MAX_USER_BYTES>", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes a name of 1 to [`MAX_USER_BYTES`] bytes, in the one form in which names are compared and stored: as PRECIS has it
            /// for names in any case (RFC 8265, section 3.4), except that spaces stay. Two spellings of one name are one name.
            pub fn new(name: impl Into<String>) -> Result<Self, Error> {
                normal_form(name.into()).map(Self)
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

        impl FromStr for $name {
            type Err = Error;

            fn from_str(name: &str) -> Result<Self, Error> {
                Self::new(name)
            }
        }

        impl TryFrom<Text<MAX_USER_BYTES>> for $name {
            type Error = Error;

            fn try_from(name: Text<MAX_USER_BYTES>) -> Result<Self, Error> {
                Self::new(name.as_str())
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
