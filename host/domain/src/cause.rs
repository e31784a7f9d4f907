//! One way to write down causes: an enum whose every case has a stable code, a list of all of them, and the same name in JSON;
//! and beside a cause what is known of it.
//!
//! Not for: what a cause means; that stands where it is declared.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use crate::text::{MAX_REASON_BYTES, log_text};

/// Shown to a user for whatever the gate refuses: which of its checks failed helps an attacker more than a user.
pub const NEUTRAL_TEXT: &str = "Login failed. Please try again, or ask your administrator.";

/// Declares causes with their codes.
macro_rules! causes {
    ($(#[$doc:meta])* $vis:vis enum $name:ident { $($(#[$case_doc:meta])* $case:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        $vis enum $name {
            $($(#[$case_doc])* #[serde(rename = $code)] $case,)+
        }

        impl $name {
            /// Every cause.
            pub const ALL: &'static [Self] = &[$(Self::$case),+];

            /// The stable code: it stands in logs, metrics and records.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$case => $code,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}

pub(crate) use causes;

/// A cause with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(deny_unknown_fields)]
#[error("{cause}: {detail}")]
pub struct Detailed<C: Display> {
    /// What it comes down to.
    pub cause: C,
    /// One line for the log, at most [`MAX_REASON_BYTES`] bytes. It may quote a policy or a server, and never reaches a client.
    pub detail: String,
}

impl<C: Display> Detailed<C> {
    /// A cause whose detail is cleaned for the log.
    pub fn new(cause: C, detail: impl AsRef<str>) -> Self {
        Self { cause, detail: log_text(detail.as_ref(), MAX_REASON_BYTES) }
    }
}
