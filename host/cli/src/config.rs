//! `vestibule.toml`: the one file that configures a host, every key with a default.
//!
//! Not for: users, groups and policies, which the store keeps.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, MetadataExt as _};
use serde::Deserialize;
use vestibule_domain::{Secret, TenantName};
use vestibule_gate::TenantSettings;
use vestibule_os::file;

use crate::error::{Error, Result};
use crate::input::shown;
use crate::machine;
use crate::telemetry::LogSettings;

/// The file in the data directory.
const FILE: &str = "vestibule.toml";
/// A thousand tenants fit.
const MAX_BYTES: u64 = 1 << 20;
/// Compiled policies of so many bytes are kept in memory where nothing is said, and memory allows: 25 in Python, thousands in Rust.
const POLICY_BYTES: usize = 1 << 30;
/// In seconds, and in days.
const HOUR: u64 = 3_600;
const CENTURY: u64 = 36_525;

/// Memory of a compiler where nothing is said, at least and at most: one of a policy in Python takes a quarter of the latter.
const COMPILE_BYTES: (u64, u64) = (512 << 20, 2 << 30);

/// What the file says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The URL of a PostgreSQL database; absent: SQLite in the data directory.
    pub(crate) database: Option<Secret>,
    /// What `vestibule serve` listens on, and what the host may use.
    pub(crate) server: ServerSettings,
    /// What `vestibule serve` logs, and how.
    pub(crate) log: LogSettings,
    /// Each tenant's settings. What stands here comes before what the API says; a tenant that is in neither is none.
    pub(crate) tenant: BTreeMap<TenantName, TenantSettings>,
}

/// The host as a server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServerSettings {
    /// Sockets: `unix:PATH`, `tcp:ADDRESS:PORT` or `tls:ADDRESS:PORT`. A path that is not absolute is in the data directory.
    pub(crate) listen: Vec<String>,
    /// For `tls:` and addresses of systemd's, the chain of certificates in PEM. New files are taken up while the host runs.
    pub(crate) certificate: Option<PathBuf>,
    /// The key that belongs to it, in PEM.
    pub(crate) key: Option<PathBuf>,
    /// Where `/metrics` is served, as `ADDRESS:PORT`; nowhere, if absent.
    pub(crate) metrics: Option<String>,
    /// How long requests that are under way may take when the host ends, in seconds.
    pub(crate) shutdown_timeout_seconds: u64,
    /// Memory that the host may use, in bytes; absent: half of what the machine has, or of what its control group leaves.
    pub(crate) memory_bytes: Option<u64>,
    /// Logins that are decided on at once.
    pub(crate) concurrent_logins: u32,
    /// Compiled policies kept in memory, in bytes; absent: a quarter of `memory_bytes`, and no more than [`POLICY_BYTES`].
    pub(crate) policy_bytes: Option<usize>,
    /// Compiled policies kept on disk, in bytes.
    pub(crate) cache_bytes: u64,
    /// How long a policy may take to compile when it is uploaded, in seconds; twice as long when a login waits for it.
    pub(crate) compile_seconds: u64,
    /// Memory of one compiler in bytes; absent: half of what the machine has besides `memory_bytes`, 512 MiB at least and 2 GiB at most.
    pub(crate) compile_memory_bytes: Option<u64>,
    /// Whether the host gives up what it does not need of the machine: files, programs, calls of the kernel.
    pub(crate) confine: bool,
    /// Whether root, by the word of the kernel, is the operator on a Unix socket, as the host's own user is.
    pub(crate) root_is_operator: bool,
    /// Who may connect to Unix sockets, as a file's mode.
    pub(crate) socket_mode: u32,
    /// The group of Unix sockets: a name or a number; that of the host's own user, if absent.
    pub(crate) socket_group: Option<String>,
    /// What is kept free of the disk that the data directory is on, in bytes; 0 for nothing.
    pub(crate) disk_reserve_bytes: u64,
    /// How long decisions are kept, in days; 0 for good.
    pub(crate) decision_days: u64,
    /// How long changes stand in the audit log, in days; 0 for good.
    pub(crate) audit_days: u64,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: vec!["unix:http.sock".to_owned()],
            certificate: None,
            key: None,
            metrics: None,
            shutdown_timeout_seconds: 20,
            memory_bytes: None,
            concurrent_logins: 256,
            policy_bytes: None,
            cache_bytes: 8 << 30,
            compile_seconds: 60,
            compile_memory_bytes: None,
            confine: true,
            root_is_operator: false,
            socket_mode: 0o666,
            socket_group: None,
            disk_reserve_bytes: 1 << 30,
            decision_days: 400,
            audit_days: 400,
        }
    }
}

impl ServerSettings {
    /// Memory that the host may use.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.memory_bytes.unwrap_or_else(|| machine::memory_bytes() / 2)
    }

    /// Compiled policies kept in memory, in bytes.
    pub(crate) fn policy_bytes(&self) -> usize {
        let quarter = usize::try_from(self.memory_bytes() / 4).unwrap_or(usize::MAX);
        self.policy_bytes.unwrap_or_else(|| quarter.min(POLICY_BYTES))
    }
}

impl ServerSettings {
    /// Memory of one compiler in bytes.
    pub(crate) fn compile_memory_bytes(&self) -> u64 {
        let beside = machine::memory_bytes().saturating_sub(self.memory_bytes()) / 2;
        self.compile_memory_bytes.unwrap_or_else(|| beside.clamp(COMPILE_BYTES.0, COMPILE_BYTES.1))
    }
}

impl Config {
    /// Reads the file in a data directory; the defaults where there is none.
    pub(crate) fn read(data: &Path) -> Result<Self> {
        let path = data.join(FILE);
        let failed =
            |error: std::io::Error| Error::bad_input(format!("cannot read `{}`", shown(&path))).because(&error);
        let directory = match Dir::open_ambient_dir(data, ambient_authority()) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            other => other.map_err(failed)?,
        };
        let mut file = match file::open_in(&directory, FILE) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            other => other.map_err(failed)?,
        };
        let metadata = file.metadata().map_err(failed)?;
        if metadata.len() > MAX_BYTES || metadata.mode() & 0o027 != 0 {
            return Err(Error::bad_input(format!("`{}` is not as it should be", shown(&path)))
                .because_of("it is no file of at most 1 MiB that others can neither read nor write")
                .hint("it may hold passwords: `chmod 600` it"));
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        Self::parse(&text)
            .map_err(|cause| Error::bad_input(format!("`{}` is not as it should be", shown(&path))).because_of(cause))
            .map_err(|error| error.hint("`vestibule config` prints every key with its default"))
    }

    /// The files that tenants' tables name.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.tenant.values().flat_map(TenantSettings::files)
    }

    /// Reads the text.
    ///
    /// # Errors
    /// Names the line, but does not quote it: it may hold a password.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            format!("line {}: {}", before.matches('\n').count() + 1, error.message())
        })?;
        config.server.check()?;
        Ok(config)
    }
}

impl ServerSettings {
    /// Whether the numbers are of any use.
    fn check(&self) -> std::result::Result<(), String> {
        let bounds = [
            ("shutdown_timeout_seconds", self.shutdown_timeout_seconds, 0, HOUR),
            ("concurrent_logins", self.concurrent_logins.into(), 1, 1 << 16),
            ("memory_bytes", self.memory_bytes.unwrap_or_default(), 0, 1 << 46),
            ("policy_bytes", self.policy_bytes.unwrap_or_default() as u64, 0, 1 << 40),
            ("cache_bytes", self.cache_bytes, 0, 1 << 46),
            ("compile_seconds", self.compile_seconds, 1, HOUR),
            ("decision_days", self.decision_days, 0, CENTURY),
            ("audit_days", self.audit_days, 0, CENTURY),
        ];
        match bounds.iter().find(|(_, value, least, most)| !(least..=most).contains(&value)) {
            None => Ok(()),
            Some((key, value, least, most)) => Err(format!("`server.{key}` is {value}, not {least} to {most}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_error_names_the_line_and_quotes_nothing() {
        let error = Config::parse("database = \"postgres://u:hunter2@h/d\"\n[tenant.default]\nmehtod = \"hunter2\"\n");
        let error = error.unwrap_err();
        assert!(error.starts_with("line 3: unknown field `mehtod`"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_number_beyond_any_use_is_refused_by_its_key() {
        for key in [
            "shutdown_timeout_seconds",
            "concurrent_logins",
            "memory_bytes",
            "policy_bytes",
            "cache_bytes",
            "compile_seconds",
            "decision_days",
            "audit_days",
        ] {
            let most = if key == "concurrent_logins" { u64::from(u32::MAX) } else { i64::MAX as u64 };
            let error = Config::parse(&format!("[server]\n{key} = {most}\n")).unwrap_err();
            assert!(error.starts_with(&format!("`server.{key}` is {most}, not ")), "{error}");
        }
        assert!(Config::parse("[server]\ncompile_seconds = 0\n").is_err());
    }

    #[test]
    fn a_secret_does_not_print() {
        let config = Config::parse("database = \"postgres://u:hunter2@h/d\"").unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    proptest! {
        #[test]
        fn what_no_table_has_is_refused_by_its_line(
            table in prop_oneof![Just(""), Just("[server]"), Just("[log]"), Just("[tenant.default]"), Just("[tenant.x.ldap]")],
            name in "x_[a-z]{1,12}",
            value: String,
        ) {
            let text = format!("{table}\n{name} = {}\n", serde_json::Value::from(value));
            let error = Config::parse(&text).unwrap_err();
            prop_assert!(error.starts_with(&format!("line 2: unknown field `{name}`")), "{}", error);
        }

        #[test]
        fn an_error_quotes_no_secret(secret in "[a-z]{24}", before in "[\n\"'= a-z]{0,4}", after in "[\"'= a-z]{0,4}") {
            let texts = [
                format!("{before}database = \"{secret}\"{after}\n"),
                format!("[tenant.x.radius]\n{before}secret = \"{secret}\"{after}\n"),
                format!("[tenant.x.ldap]\n{before}bind_password = {after}{secret}\n"),
            ];
            for text in texts {
                if let Err(error) = Config::parse(&text) {
                    prop_assert!(!error.contains(&secret), "{}", error);
                }
            }
        }

        #[test]
        fn any_text_is_read_or_refused_with_a_line(text in "[\\[\\]a-z.=\"'{},# \n0-9]{0,80}") {
            if let Err(error) = Config::parse(&text) {
                prop_assert!(error.starts_with("line "), "{}", error);
            }
        }
    }
}
