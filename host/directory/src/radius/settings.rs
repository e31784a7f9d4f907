//! How a tenant's RADIUS servers are asked: each key with its default, checked without asking.
//!
//! Not for: what they answer.

use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use vestibule_domain::Secret;

use super::dictionary::Dictionary;
use crate::settings::{SettingsError, ensure};

/// The shortest shared secret taken, in bytes: shorter ones are guessed from one packet that somebody saw.
const MIN_SECRET_BYTES: usize = 8;

/// What a tenant's table `radius` says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RadiusSettings {
    /// Servers of one authority, `host:port`, in the order in which they are asked.
    pub servers: Vec<String>,
    /// The secret that is shared with all of them, of 8 bytes or more.
    pub secret: Secret,
    /// Who asks (RFC 2865, section 5.32). Default `vestibule`.
    #[serde(default = "vestibule")]
    pub nas_identifier: String,
    /// How long one transmission waits for an answer, in milliseconds, 100 to 30,000. Default 2,000.
    #[serde(default = "two_seconds")]
    pub timeout_ms: u64,
    /// How often a request is sent again to one server, 0 to 10. Default 2.
    #[serde(default = "twice")]
    pub retries: u32,
    /// Whether only replies with a Message-Authenticator are believed: without it, somebody on the way may forge them
    /// (CVE-2024-3596). Default `true`.
    #[serde(default = "yes")]
    pub require_message_authenticator: bool,
    /// A dictionary in FreeRADIUS's form, for attributes besides the standard ones.
    #[serde(default)]
    pub dictionary: Option<PathBuf>,
}

fn vestibule() -> String {
    "vestibule".to_owned()
}

const fn two_seconds() -> u64 {
    2_000
}

const fn twice() -> u32 {
    2
}

const fn yes() -> bool {
    true
}

impl RadiusSettings {
    /// Looks whether the settings hold together, and reads the dictionary.
    pub(super) fn check(&self) -> Result<Dictionary, SettingsError> {
        ensure(!self.servers.is_empty(), "servers", || "names no server".to_owned())?;
        for server in &self.servers {
            let (host, port) = server.rsplit_once(':').unwrap_or_default();
            let named = !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0);
            ensure(named, "servers", || format!("has `{server}`, which is not of the form `host:port`"))?;
        }
        ensure(self.secret.expose().len() >= MIN_SECRET_BYTES, "secret", || {
            format!("has fewer than {MIN_SECRET_BYTES} bytes")
        })?;
        ensure((1..=253).contains(&self.nas_identifier.len()), "nas_identifier", || {
            "has not 1 to 253 bytes".to_owned()
        })?;
        ensure((100..=30_000).contains(&self.timeout_ms), "timeout_ms", || "is not 100 to 30000".to_owned())?;
        ensure(self.retries <= 10, "retries", || "is more than 10".to_owned())?;
        let mut dictionary = Dictionary::standard();
        if let Some(path) = &self.dictionary {
            let broken = |problem: String| SettingsError { key: "dictionary", problem };
            let text = fs::read_to_string(path).map_err(|error| broken(format!("cannot be read: {error}")))?;
            dictionary.read(&text).map_err(|error| broken(error.to_string()))?;
        }
        Ok(dictionary)
    }
}
