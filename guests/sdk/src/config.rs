//! What the tenant has set for this policy. The host fills in the manifest's defaults and refuses other names.
//!
//! Not for: secrets; see [`secrets`](crate::secrets). Every error names the setting, for the administrator who reads the log.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::DeserializeOwned;

pub use crate::bindings::vestibule::policy::config::{all, get};

/// The value of a setting that the manifest names with a default or requires.
///
/// # Errors
/// Names the setting that has no value.
pub fn text(name: &str) -> Result<String, String> {
    get(name).ok_or_else(|| format!("setting `{name}` is not set"))
}

/// The same for a setting whose empty text means that there is none.
///
/// # Errors
/// Names the setting that has no value.
pub fn optional(name: &str) -> Result<Option<String>, String> {
    text(name).map(|value| Some(value).filter(|value| !value.is_empty()))
}

/// The value as a number, a truth value (`true` or `false`) or any other type that is read from a text.
///
/// # Errors
/// Names the setting and what is wrong with its value.
pub fn parse<T: FromStr<Err: Display>>(name: &str) -> Result<T, String> {
    let value = text(name)?;
    value.parse().map_err(|error| format!("setting `{name}` is `{value}`: {error}"))
}

/// The value of a setting that is a list or a table in the tenant's file.
///
/// # Errors
/// Names the setting and where its JSON is not what was expected.
pub fn json<T: DeserializeOwned>(name: &str) -> Result<T, String> {
    serde_json::from_str(&text(name)?).map_err(|error| format!("setting `{name}`: {error}"))
}
