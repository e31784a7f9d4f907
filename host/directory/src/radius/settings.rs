//! How a tenant's RADIUS servers are asked: each key with its default, checked without asking.
//!
//! Not for: what they answer.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use vestibule_domain::Secret;

use super::dictionary::Dictionary;
use crate::settings::{SettingsError, ensure, ensure_short, read_file};

/// The shortest shared secret taken, in bytes: shorter ones are guessed from one packet that somebody saw.
const MIN_SECRET_BYTES: usize = 8;
/// The longest: every packet is hashed together with it.
const MAX_SECRET_BYTES: usize = 1024;
/// The longest `host:port`: a name has 253 bytes (RFC 1035, section 2.3.4).
const MAX_SERVER_BYTES: usize = 272;
/// The most servers of one authority: a login's time is over before.
const MAX_SERVERS: usize = 16;

/// What a tenant's table `radius` says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RadiusSettings {
    /// Servers of one authority, 16 at most, `host:port`, in the order in which they are asked.
    pub servers: Vec<String>,
    /// The secret that is shared with all of them, of 8 to 1,024 bytes.
    pub secret: Secret,
    /// Who asks (RFC 2865, section 5.32). Default `vestibule`.
    pub nas_identifier: String,
    /// How long one transmission waits for an answer, in milliseconds, 100 to 30,000. Default 2,000.
    pub timeout_ms: u64,
    /// How often a request is sent again to one server, 0 to 10. Default 2.
    pub retries: u32,
    /// Whether only replies with a Message-Authenticator are believed: without it, somebody on the way may forge them
    /// (CVE-2024-3596). Default `true`.
    pub require_message_authenticator: bool,
    /// How users are called whom replies do not name (RFC 2865, section 5.1). Default `exact`.
    pub case: RadiusCase,
    /// A dictionary in FreeRADIUS's form, for attributes besides the standard ones.
    pub dictionary: Option<PathBuf>,
}

/// How a user is called whom the server's reply does not name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RadiusCase {
    /// As typed: the server tells `joe` and `Joe` apart.
    #[default]
    Exact,
    /// In lower case: they are one user to the server, and must not become two here.
    Lower,
}

impl Default for RadiusSettings {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            secret: Secret::new(""),
            nas_identifier: "vestibule".to_owned(),
            timeout_ms: 2_000,
            retries: 2,
            require_message_authenticator: true,
            case: RadiusCase::Exact,
            dictionary: None,
        }
    }
}

impl RadiusSettings {
    /// Looks whether the settings hold together, and reads the dictionary.
    pub(super) fn check(&self) -> Result<Dictionary, SettingsError> {
        ensure(!self.servers.is_empty(), "servers", || "names no server".to_owned())?;
        ensure(self.servers.len() <= MAX_SERVERS, "servers", || format!("names more than {MAX_SERVERS}"))?;
        for server in &self.servers {
            ensure_short("servers", server, MAX_SERVER_BYTES)?;
            let (host, port) = server.rsplit_once(':').unwrap_or_default();
            let named = !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0);
            ensure(named, "servers", || format!("has `{server}`, which is not of the form `host:port`"))?;
        }
        ensure(self.secret.expose().len() >= MIN_SECRET_BYTES, "secret", || {
            format!("has fewer than {MIN_SECRET_BYTES} bytes")
        })?;
        ensure_short("secret", self.secret.expose(), MAX_SECRET_BYTES)?;
        ensure((1..=253).contains(&self.nas_identifier.len()), "nas_identifier", || {
            "has not 1 to 253 bytes".to_owned()
        })?;
        ensure((100..=30_000).contains(&self.timeout_ms), "timeout_ms", || "is not 100 to 30000".to_owned())?;
        ensure(self.retries <= 10, "retries", || "is more than 10".to_owned())?;
        let mut dictionary = Dictionary::standard();
        if let Some(path) = &self.dictionary {
            let broken = |problem: String| SettingsError { key: "dictionary", problem };
            let text = read_file("dictionary", path)?;
            dictionary.read(&text).map_err(|error| broken(error.to_string()))?;
        }
        Ok(dictionary)
    }
}
