//! What a tenant set for one policy, checked against the settings that its manifest names.
//!
//! Not for: the host's own configuration.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{Manifest, Secret, json};

/// The most that all settings of one policy may take, in bytes: they are copied into every recording.
pub const MAX_SETTINGS_BYTES: usize = 256 * 1024;

/// Settings with defaults filled in: each name of the manifest that has a value, and no other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    values: BTreeMap<String, String>,
    secrets: BTreeMap<String, Secret>,
}

/// Why settings are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is no JSON object.
    #[error(transparent)]
    Json(#[from] json::Error),
    /// A name that the policy does not read.
    #[error("`{name}` is no setting of `{policy}`; it reads {known}")]
    Unknown {
        /// What the tenant wrote.
        name: String,
        /// The policy's name.
        policy: String,
        /// The names that it reads.
        known: String,
    },
    /// A setting without a default that the tenant did not give.
    #[error("`{policy}` needs the setting `{name}`: {description}")]
    Missing {
        /// The setting's name.
        name: String,
        /// The policy's name.
        policy: String,
        /// What the manifest says of it.
        description: String,
    },
    /// Over [`MAX_SETTINGS_BYTES`].
    #[error("the settings have {0} bytes, more than {MAX_SETTINGS_BYTES}")]
    TooLarge(usize),
}

impl Settings {
    /// Reads a JSON object. A text is taken as it is; anything else is handed to the policy as JSON.
    ///
    /// # Errors
    /// Names the line or the setting.
    pub fn from_json(text: &str, manifest: &Manifest) -> Result<Self, Error> {
        Self::from_object(json::object_from_str("settings", text)?, manifest)
    }

    /// Checks an object that was read already.
    pub fn from_object(given: Map<String, Value>, manifest: &Manifest) -> Result<Self, Error> {
        let known = |name: &String| manifest.settings.iter().any(|setting| setting.name == *name);
        if let Some(name) = given.keys().find(|name| !known(name)) {
            return Err(unknown(name, manifest));
        }
        let mut settings = Self::default();
        for setting in &manifest.settings {
            let value = match given.get(&setting.name) {
                Some(Value::String(text)) => text.clone(),
                Some(other) if !other.is_null() => other.to_string(),
                _ => setting.default_value.clone().ok_or_else(|| Error::Missing {
                    name: setting.name.clone(),
                    policy: manifest.name.clone(),
                    description: setting.description.clone(),
                })?,
            };
            // An empty secret is none: it was left out, or its default says that it may be.
            if setting.secret && value.is_empty() {
                continue;
            }
            if setting.secret {
                settings.secrets.insert(setting.name.clone(), Secret::new(value));
            } else {
                settings.values.insert(setting.name.clone(), value);
            }
        }
        match settings.size() {
            size if size > MAX_SETTINGS_BYTES => Err(Error::TooLarge(size)),
            _ => Ok(settings),
        }
    }

    /// The value of one setting that is no secret.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Every setting that is no secret, sorted by name.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// One secret.
    pub fn secret(&self, name: &str) -> Option<&Secret> {
        self.secrets.get(name)
    }

    /// Every secret.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.secrets.values()
    }

    /// All of them as the object that [`Settings::from_object`] reads, secrets in clear: for a recording that must replay.
    pub fn to_object_revealed(&self) -> Map<String, Value> {
        let values = self.values().map(|(name, value)| (name.to_owned(), Value::from(value)));
        let secrets = self.secrets.iter().map(|(name, secret)| (name.clone(), Value::from(secret.expose())));
        values.chain(secrets).collect()
    }

    fn size(&self) -> usize {
        let values = self.values().map(|(name, value)| name.len() + value.len());
        let secrets = self.secrets.iter().map(|(name, secret)| name.len() + secret.expose().len());
        values.chain(secrets).sum()
    }
}

fn unknown(name: &str, manifest: &Manifest) -> Error {
    let known: Vec<_> = manifest.settings.iter().map(|setting| format!("`{}`", setting.name)).collect();
    Error::Unknown {
        name: name.to_owned(),
        policy: manifest.name.clone(),
        known: if known.is_empty() { "none".to_owned() } else { known.join(", ") },
    }
}
