//! Lines that a policy wrote for the administrator.
//!
//! Not for: the host's own log, which is `tracing`'s.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// For whoever writes the policy.
    Trace,
    /// For whoever looks for a mistake.
    Debug,
    /// For whoever reads along.
    Info,
    /// Something unexpected that did no harm yet.
    Warn,
    /// Something that went wrong.
    Error,
}

impl Level {
    /// The lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// One line, cleaned of control characters and of the secrets that the call knew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// How much it matters.
    pub level: Level,
    /// A sentence that stands alone.
    pub message: String,
    /// What varies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<(String, String)>,
}

impl Line {
    /// How long it is: message and fields, in bytes.
    pub fn bytes(&self) -> usize {
        self.message.len() + self.fields.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
    }
}
