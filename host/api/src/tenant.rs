//! Tenants: the operator's resource.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use vestibule_domain::TenantName;

use crate::Terms;

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tenant {
    /// Its name.
    pub name: TenantName,
    /// How its users log in: the keys of a tenant's table in `vestibule.toml`. Secrets are stars.
    #[schema(value_type = Object)]
    pub settings: Value,
    /// Whether the settings stand in the configuration file and cannot be changed here.
    pub in_file: bool,
    /// Quotas and limits.
    pub terms: Terms,
}

/// Tenants, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tenants {
    /// The tenants.
    pub tenants: Vec<Tenant>,
}

/// What to make or change of a tenant; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantChange {
    /// All of the settings; keys that are left out have their defaults.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub settings: Option<Map<String, Value>>,
    /// All of the terms; keys that are left out have their defaults.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
}
