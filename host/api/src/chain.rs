//! The chain that decides: its links, and the revisions that were active.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use vestibule_domain::Grants;

/// A version on trial. It has the settings and grants of its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenTrial", into = "WrittenTrial")]
pub struct Trial {
    /// The version.
    pub version: i64,
    /// What follows from its answers.
    pub mode: TrialMode,
}

/// What follows from the answers of a version on trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialMode {
    /// Nothing: they are compared with those of the version that decides.
    Shadow,
    /// They decide on some of the users, always the same ones.
    Canary {
        /// How many of a hundred users, 1 to 99.
        percent: u8,
    },
}

impl TrialMode {
    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Canary { .. } => "canary",
        }
    }
}

/// A version on trial.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WrittenTrial {
    version: i64,
    #[schema(inline)]
    mode: Mode,
    /// For a canary: how many of a hundred users, 1 to 99.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 99)]
    percent: Option<u8>,
}

/// `shadow`: it sees the same logins, and nothing follows. `canary`: it decides on some of the users, always the same ones.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Shadow,
    Canary,
}

impl TryFrom<WrittenTrial> for Trial {
    type Error = &'static str;

    fn try_from(WrittenTrial { version, mode, percent }: WrittenTrial) -> Result<Self, &'static str> {
        let mode = match (mode, percent) {
            (Mode::Shadow, None) => TrialMode::Shadow,
            (Mode::Canary, Some(percent)) => TrialMode::Canary { percent },
            (Mode::Shadow, Some(_)) => return Err("a shadow takes no `percent`"),
            (Mode::Canary, None) => return Err("a canary needs `percent`"),
        };
        Ok(Self { version, mode })
    }
}

impl From<Trial> for WrittenTrial {
    fn from(Trial { version, mode }: Trial) -> Self {
        match mode {
            TrialMode::Shadow => Self { version, mode: Mode::Shadow, percent: None },
            TrialMode::Canary { percent } => Self { version, mode: Mode::Canary, percent: Some(percent) },
        }
    }
}

impl PartialSchema for Trial {
    fn schema() -> RefOr<Schema> {
        WrittenTrial::schema()
    }
}

impl ToSchema for Trial {
    fn schemas(named: &mut Vec<(String, RefOr<Schema>)>) {
        WrittenTrial::schemas(named);
    }
}

/// One policy of a chain, as it was activated. A client refuses what it does not know of it: it would lose that by sending the chain back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The policy's name.
    pub policy: String,
    /// The version that decides.
    pub version: i64,
    /// Its settings, without secrets.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub settings: Map<String, Value>,
    /// What it is granted.
    #[serde(default)]
    pub grants: Grants,
    /// Another version on trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<Trial>,
    /// After faults of this policy's own on so many users, an older revision is activated again, if there is one with the same policies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roll_back_after: Option<u32>,
    /// Within so many seconds; an hour, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roll_back_within: Option<u32>,
}

impl Link {
    /// The version that decides, and the one on trial.
    pub fn versions(&self) -> impl Iterator<Item = i64> {
        [Some(self.version), self.trial.as_ref().map(|trial| trial.version)].into_iter().flatten()
    }
}

/// One policy of a chain that is to be activated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkRequest {
    /// The policy's name.
    pub policy: String,
    /// The newest, unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The policy's, unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub settings: Option<Map<String, Value>>,
    /// The policy's, unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
    /// Another version on trial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial: Option<Trial>,
    /// After faults of this policy's own on so many users, an older revision is activated again, if there is one with the same policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 10000)]
    pub roll_back_after: Option<u32>,
    /// Within so many seconds; an hour, unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 2592000)]
    pub roll_back_within: Option<u32>,
}

impl From<Link> for LinkRequest {
    fn from(link: Link) -> Self {
        let Link { policy, version, settings, grants, trial, roll_back_after, roll_back_within } = link;
        let (version, settings, grants) = (Some(version), Some(settings), Some(grants));
        Self { policy, version, settings, grants, trial, roll_back_after, roll_back_within }
    }
}

/// A chain as it was activated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Revision {
    /// Counted from 1; 0 if none was ever activated.
    pub revision: i64,
    /// In the order in which the policies run.
    pub chain: Vec<Link>,
    /// When (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated: Option<String>,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// What whoever activated it said of it.
    pub note: String,
}

/// Revisions, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Revisions {
    /// The revisions.
    pub revisions: Vec<Revision>,
}

/// A chain that is to be activated as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivateRequest {
    /// The revision that the caller has seen, 0 for none: a chain that somebody else has replaced meanwhile is left alone.
    pub expected: i64,
    /// In the order in which the policies run.
    pub chain: Vec<LinkRequest>,
    /// For whoever reads the list of revisions.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub note: String,
}

/// That an older revision is to come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollBackRequest {
    /// The active revision, as the caller has seen it: a retry rolls nothing back twice.
    pub expected: i64,
    /// Which revision comes back; the one before, unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
}

/// What was activated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Activated {
    /// The new active revision.
    pub revision: i64,
}
