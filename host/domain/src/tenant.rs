//! The name of a tenant: whose users, policies and decisions these are.
//!
//! Not for: what a tenant configures; that is the gate's. The name stands in paths and in every record, so it is kept plain.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The longest name in bytes: what a DNS label may have (RFC 1035, section 2.3.4).
pub const MAX_TENANT_BYTES: usize = 63;

/// A checked name: lower-case letters, digits and inner hyphens, like a DNS label. Clones share it, as everything that is held for a tenant
/// has one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantName(Arc<str>);

/// Why a text is no tenant's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no tenant's name: it takes 1 to {MAX_TENANT_BYTES} lower-case letters, digits and inner hyphens")]
pub struct Error(String);

impl TenantName {
    /// Takes a name like a DNS label.
    ///
    /// # Errors
    /// Quotes the text, cleaned for the log.
    pub fn new(name: impl Into<String>) -> Result<Self, Error> {
        let name = name.into();
        let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let framed = !name.starts_with('-') && !name.ends_with('-');
        if name.is_empty() || name.len() > MAX_TENANT_BYTES || !plain || !framed {
            return Err(Error(crate::text::log_text(&name, MAX_TENANT_BYTES)));
        }
        Ok(Self(name.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TenantName {
    /// The tenant of a host that serves only one.
    fn default() -> Self {
        Self("default".into())
    }
}

impl fmt::Display for TenantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TenantName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::new(name)
    }
}

impl TryFrom<String> for TenantName {
    type Error = Error;

    fn try_from(name: String) -> Result<Self, Error> {
        Self::new(name)
    }
}

impl From<TenantName> for String {
    fn from(name: TenantName) -> String {
        name.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_like_a_dns_label() {
        for good in ["default", "a", "acme-2", &"x".repeat(63)] {
            assert_eq!(TenantName::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "-a", "a-", "A", "a.b", "a/b", "ä", &"x".repeat(64)] {
            assert!(TenantName::new(bad).is_err(), "{bad}");
        }
    }
}
