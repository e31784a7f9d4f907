//! What the tenant has set for this policy and nobody may read.
//!
//! Not for: other settings; see [`config`](crate::config).

pub use crate::bindings::vestibule::policy::secrets::{Secret, get};

/// The value of a secret that the manifest names.
///
/// # Errors
/// Names the secret that the tenant has not set.
pub fn reveal(name: &str) -> Result<String, String> {
    get(name).map(|secret| secret.reveal()).ok_or_else(|| format!("secret `{name}` is not set"))
}
