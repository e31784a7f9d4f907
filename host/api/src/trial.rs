//! How versions on trial have done.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a version on trial has done since the revision was activated, on all hosts together. What other hosts have seen comes some seconds
/// late.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrialReport {
    /// Logins on which a shadow was compared with the version that decides.
    pub compared: u64,
    /// Those on which they answered otherwise.
    pub different: u64,
    /// Those on which a shadow was not compared, because too many came at once.
    pub skipped: u64,
    /// Those on which the version on trial failed.
    pub faults: u64,
    /// The latest differences, newest last.
    pub differences: Vec<TrialDifference>,
}

/// How two versions differ on one login. Properties are named, their values are not: a trial is no way to read them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrialDifference {
    /// The user's canonical name.
    pub user: String,
    /// `allow`, `challenge` or the code of the cause, by the active version.
    #[schema(value_type = String)]
    pub active: Cow<'static, str>,
    /// The same by the version on trial.
    #[schema(value_type = String)]
    pub trial: Cow<'static, str>,
    /// What else differs: `client_reason`, `challenge`, `user`, or a property as `proplist.NAME` or `proplist_save.NAME`. After the
    /// first 32 it only says how many more there are.
    pub fields: Vec<String>,
}
