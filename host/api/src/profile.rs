//! Users and groups: their properties, and users' local passwords.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vestibule_domain::{CanonicalUser, Properties, Secret};

use crate::revealed;

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Profile {
    /// Whose it is.
    pub name: String,
    /// What is on record, nothing inherited.
    pub properties: Properties,
}

/// A part of a list of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Profiles {
    /// Records by name, as UserPropGet prints them.
    pub profiles: BTreeMap<String, Properties>,
    /// What to give as `after` to get the next ones; left out at the end of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What to change of a record; the rest stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileChange {
    /// Properties to set.
    #[serde(default)]
    pub set: Properties,
    /// Names of properties to remove.
    #[serde(default)]
    pub remove: Vec<String>,
}

/// A password, on its way to the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Password {
    /// In clear; the host keeps a digest.
    #[serde(serialize_with = "revealed::secret")]
    #[schema(value_type = String, min_length = 8)]
    pub password: Secret,
}

/// Which records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProfileFilter {
    /// Only those whose names begin with this.
    #[serde(default)]
    pub prefix: String,
    /// How many at most, 1 to 1000; 100 unless given. There are fewer where records are large: `next` says whether more follow.
    #[param(minimum = 1, maximum = 1000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Only those after this name, which nobody has to have: at most 256 bytes without control characters.
    #[param(value_type = Option<String>, min_length = 1, max_length = 256)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<CanonicalUser>,
}
