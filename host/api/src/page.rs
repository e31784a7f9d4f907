//! Which part of a list is asked for.

use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

/// Which part of a list that is newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Before {
    /// How many entries, 1 to 1000; 100 unless given.
    #[param(minimum = 1, maximum = 1000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Only entries before this one: the last of the page before, or its `next`.
    #[param(max_length = 128)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

/// Which part of a list that is in the order of its names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct After {
    /// How many at most, 1 to 1000; 100 unless given. There are fewer where entries are large: where the list has a `next`, it says whether
    /// more follow.
    #[param(minimum = 1, maximum = 1000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Only those after this name, which none has to have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}
