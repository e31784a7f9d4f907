//! Who changed what, when, and from where.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Its name in the log.
    pub id: String,
    /// When it was made (RFC 3339).
    pub at: String,
    /// The token by which it was made.
    pub actor: String,
    /// The address from which it was made.
    pub origin: String,
    /// What was done, such as `policy.activate`.
    pub action: String,
    /// To what.
    pub target: String,
    /// What else there is to know.
    pub detail: String,
}

/// Changes, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntries {
    /// The changes.
    pub changes: Vec<AuditEntry>,
    /// What to give as `before` for the next page; absent after the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
