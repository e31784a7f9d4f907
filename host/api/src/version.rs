//! Versions of policies: uploaded, looked at, and never changed.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vestibule_domain::Manifest;

/// A version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Version {
    /// The policy's name.
    pub policy: String,
    /// Counted from 1.
    pub version: i64,
    /// The SHA-256 of its component.
    pub sha256: String,
    /// The SHA-256 of the file that was uploaded: another one where that was a core module. What an older release has stored has the
    /// component's.
    pub source: String,
    /// The size of its component.
    pub bytes: u64,
    /// What it says of itself; null where an older release has stored something else.
    pub manifest: Option<Manifest>,
    /// When it was uploaded (RFC 3339).
    pub created: String,
    /// Who uploaded it.
    pub actor: String,
    /// The minisign public keys that were among the terms' signers when it was uploaded with their signatures. One of the terms' present
    /// signers has to be among them when it is activated.
    pub signed_by: Vec<String>,
}

/// Versions of a policy, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Versions {
    /// The versions.
    pub versions: Vec<Version>,
}

/// What a policy may do, in words: what an administrator reads before it is activated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// What it can do.
    pub can: Vec<String>,
    /// What it cannot do, though other policies might.
    pub cannot: Vec<String>,
    /// What it asks to be granted or given.
    pub asks_for: Vec<String>,
    /// Interfaces that it imports and may never use.
    pub refused_imports: Vec<String>,
    /// Its settings, one line each.
    pub settings: Vec<String>,
}

/// How a version differs from the active one, in lines of their reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportDifference {
    /// The active version's number.
    pub active: i64,
    /// What is said of this version only.
    pub added: Vec<String>,
    /// What is said of the active version only.
    pub removed: Vec<String>,
}

/// A version's report, beside the active one's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reported {
    /// What it may do.
    pub report: Report,
    /// Absent if no version of the policy is active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<ReportDifference>,
}

/// What became of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Uploaded {
    /// The policy's name.
    pub policy: String,
    /// The version that the file has.
    pub version: i64,
    /// Whether neither the file nor its component was known before.
    pub new: bool,
    /// Whether the component was made of an uploaded core module.
    pub from_module: bool,
    /// The SHA-256 of the component, also where a core module was uploaded.
    pub sha256: String,
    /// The SHA-256 of the file that was uploaded.
    pub source: String,
    /// What it says of itself.
    pub manifest: Manifest,
    /// What it may do.
    pub report: Report,
    /// Absent if no version of the policy is active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<ReportDifference>,
}

/// How to take an upload.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// What to call the policy; what its manifest says, unless given.
    #[param(max_length = 64, pattern = "^[a-z0-9-]+$")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}
