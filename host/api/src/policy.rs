//! Policies: what the next activation takes of settings and grants, and their secrets.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use vestibule_domain::{Grants, Secret};

use crate::revealed;

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its settings, without secrets. The active chain has its own copy.
    #[schema(value_type = Object)]
    pub settings: Map<String, Value>,
    /// What it is granted. The active chain has its own copy.
    pub grants: Grants,
    /// Its newest version, if one is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<i64>,
}

/// Policies, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Policies {
    /// The policies.
    pub policies: Vec<Policy>,
    /// What to give as `after` to get the next ones; left out at the end of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What to change of a policy; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyChange {
    /// All of its settings; those that are left out have their defaults.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub settings: Option<Map<String, Value>>,
    /// All of its grants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
}

/// A secret's name. Its value cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretName {
    /// The name.
    pub name: String,
    /// When it was set (RFC 3339).
    pub changed: String,
}

/// The names of a policy's secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretNames {
    /// The names.
    pub secrets: Vec<SecretName>,
}

/// A secret's value, on its way to the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretValue {
    /// The value: 1 to 16,384 bytes.
    #[serde(serialize_with = "revealed::secret")]
    #[schema(value_type = String, min_length = 1, max_length = 16384)]
    pub value: Secret,
}
