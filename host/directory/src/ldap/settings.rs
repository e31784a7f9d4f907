//! How a tenant's LDAP directory is asked: each key with its default, checked without asking.
//!
//! Not for: what it answers.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde::{Deserialize, Serialize};
use vestibule_domain::dn::Dn;
use vestibule_domain::{Secret, filter};

use crate::settings::{SettingsError, ensure, ensure_short, read_file};

/// The longest distinguished name and `uname_attr` in bytes: what policies may be handed.
const MAX_BASE_BYTES: usize = 1024;
const MAX_ATTRIBUTE_BYTES: usize = 128;
/// The longest password of an account: as long as a user's may be.
const MAX_PASSWORD_BYTES: usize = 4096;
/// The longest address of a server: a name has 253 bytes (RFC 1035, section 2.3.4).
const MAX_SERVER_BYTES: usize = 272;
/// The most servers of one directory: a login's time is over before.
const MAX_SERVERS: usize = 16;
/// The most connections kept: each is an open file of a process that has some thousand for all its tenants.
const MAX_POOL: usize = 16;
/// The most entries of a search: each has five elements at least, of those that an answer may have.
const MAX_ENTRIES: u32 = 20_000;

/// What stands for the user's name in templates.
pub(super) const NAME: &str = "{}";

/// What a tenant's table `ldap` says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LdapSettings {
    /// Servers of one directory, `ldap://host:port` or `ldaps://host:port`, 16 at most, in the order in which they are asked.
    pub servers: Vec<String>,
    /// Whether `ldap://` turns to TLS before anything else is said (RFC 4511, section 4.14). Default `false`.
    pub starttls: bool,
    /// Whether passwords may go over a network in clear. Default `false`; to this machine itself they may.
    pub allow_plaintext: bool,
    /// Certificates that servers are believed by, as PEM. Default: those that the system trusts.
    pub ca_file: Option<PathBuf>,
    /// The account that looks users up, and that policies search as.
    pub bind_dn: Option<String>,
    /// Its password, of 4,096 bytes at most.
    pub bind_password: Option<Secret>,
    /// Where users are found without looking, such as `uid={},ou=people,dc=example,dc=com`, with `{}` in it once; absent: they are looked
    /// up.
    pub user_dn_template: Option<String>,
    /// Where all searches begin, and what no search leaves.
    pub search_base: String,
    /// The attribute that holds the user's name. Of several values the one in the entry's distinguished name is the user's name here,
    /// whichever is typed; where none is there, nobody knows which of them is, and the user is rejected. Default `uid`.
    pub uname_attr: String,
    /// A filter that users have to meet besides, such as `(objectClass=person)` (RFC 4515).
    pub user_filter: Option<String>,
    /// Which names are the user's. Default `server`.
    pub match_rule: MatchRule,
    /// How long one server may take, in milliseconds, 1 to 60,000. Default 3,000.
    pub timeout_ms: u64,
    /// The most entries that one search of a policy may find, 1 to 20,000. Default 1,000.
    pub max_entries: u32,
    /// The most connections that are kept for the next search, to all servers together, up to 16. Default 8.
    pub pool: usize,
}

impl Default for LdapSettings {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            starttls: false,
            allow_plaintext: false,
            ca_file: None,
            bind_dn: None,
            bind_password: None,
            user_dn_template: None,
            search_base: String::new(),
            uname_attr: "uid".to_owned(),
            user_filter: None,
            match_rule: MatchRule::Server,
            timeout_ms: 3_000,
            max_entries: 1_000,
            pool: 8,
        }
    }
}

/// When a name that was typed is one that the directory has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MatchRule {
    /// If the directory's own rules match it, and it is the same without case and insignificant spaces.
    Server,
    /// If it is spelled as it is there.
    Exact,
}

/// Settings that hold together.
pub(super) struct Checked {
    pub(super) settings: LdapSettings,
    pub(super) base: Dn,
    /// Whom to believe; nothing where all servers are spoken to in clear.
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) service: Option<Service>,
}

/// The account that looks up.
pub(super) struct Service {
    pub(super) dn: String,
    pub(super) password: Secret,
}

impl Checked {
    pub(super) fn new(settings: LdapSettings) -> Result<Self, SettingsError> {
        ensure(!settings.servers.is_empty(), "servers", || "names no server".to_owned())?;
        ensure(settings.servers.len() <= MAX_SERVERS, "servers", || format!("names more than {MAX_SERVERS}"))?;
        for server in &settings.servers {
            check_server(server, &settings)?;
        }
        ensure_short("search_base", &settings.search_base, MAX_BASE_BYTES)?;
        let base = Dn::parse(&settings.search_base);
        let base = base.map_err(|error| SettingsError { key: "search_base", problem: error.to_string() })?;
        ensure_short("uname_attr", &settings.uname_attr, MAX_ATTRIBUTE_BYTES)?;
        ensure(settings.pool <= MAX_POOL, "pool", || format!("is more than {MAX_POOL}"))?;
        let name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let named = !settings.uname_attr.is_empty() && settings.uname_attr.chars().all(name);
        ensure(named, "uname_attr", || "is no attribute's name".to_owned())?;
        user_filter(&settings, "name")
            .map_err(|error| SettingsError { key: "user_filter", problem: error.to_string() })?;
        ensure((1..=60_000).contains(&settings.timeout_ms), "timeout_ms", || "is not 1 to 60000".to_owned())?;
        ensure((1..=MAX_ENTRIES).contains(&settings.max_entries), "max_entries", || {
            format!("is not 1 to {MAX_ENTRIES}")
        })?;
        let service = service(&settings)?;
        let template = settings.user_dn_template.as_deref();
        ensure_short("user_dn_template", template.unwrap_or_default(), MAX_BASE_BYTES)?;
        ensure(service.is_some() || template.is_some(), "bind_dn", || {
            "has to name an account, unless `user_dn_template` says where users are: nobody looks users up anonymously"
                .to_owned()
        })?;
        let placed = template.is_none_or(|template| Dn::parse(&template.replace(NAME, "x")).is_ok());
        let once = template.is_none_or(|template| template.matches(NAME).count() == 1);
        ensure(placed && once, "user_dn_template", || "is no distinguished name with `{}` in it once".to_owned())?;
        let authorities = settings.ca_file.as_deref().map(authorities).transpose()?;
        let private = settings.starttls || settings.servers.iter().any(|server| server.starts_with("ldaps:"));
        let tls = private.then(|| trusting(authorities)).transpose()?;
        Ok(Self { base, tls, service, settings })
    }

    pub(super) fn timeout(&self) -> Duration {
        Duration::from_millis(self.settings.timeout_ms)
    }
}

/// The filter that finds a user.
pub(super) fn user_filter(settings: &LdapSettings, user: &str) -> Result<String, filter::Error> {
    let by_name = format!("({}={{user}})", settings.uname_attr);
    let template = match &settings.user_filter {
        Some(filter) => format!("(&{by_name}{filter})"),
        None => by_name,
    };
    filter::expand(&template, &[("user", user)])
}

fn check_server(server: &str, settings: &LdapSettings) -> Result<(), SettingsError> {
    ensure_short("servers", server, MAX_SERVER_BYTES)?;
    let (scheme, rest) = server.split_once("://").unwrap_or_default();
    let host = rest.rsplit_once(':').map_or(rest, |(host, _)| host);
    let port = rest.rsplit_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0));
    let known = matches!(scheme, "ldap" | "ldaps");
    let named = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    ensure(known && named && port, "servers", || {
        format!("has `{server}`, which is not of the form `ldaps://host:port`")
    })?;
    let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let private = scheme == "ldaps" || settings.starttls || settings.allow_plaintext || here;
    ensure(private, "servers", || {
        format!("has `{server}`, which would be sent passwords in clear: use `ldaps://` or `starttls = true`")
    })
}

fn service(settings: &LdapSettings) -> Result<Option<Service>, SettingsError> {
    ensure_short("bind_dn", settings.bind_dn.as_deref().unwrap_or_default(), MAX_BASE_BYTES)?;
    let password = settings.bind_password.as_ref().map_or("", Secret::expose);
    ensure_short("bind_password", password, MAX_PASSWORD_BYTES)?;
    match (&settings.bind_dn, &settings.bind_password) {
        (None, None) => Ok(None),
        (Some(dn), Some(password)) if !dn.is_empty() && !password.expose().is_empty() => {
            Ok(Some(Service { dn: dn.clone(), password: password.clone() }))
        }
        // A bind with one of them alone would be an anonymous one (RFC 4513, section 5.1).
        _ => Err(SettingsError {
            key: "bind_dn",
            problem: "needs `bind_password`, and both have to say something".to_owned(),
        }),
    }
}

/// Those that the system trusts, read once. One that cannot be read is not among them.
static SYSTEMS: LazyLock<RootCertStore> = LazyLock::new(|| {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
});

fn authorities(path: &Path) -> Result<RootCertStore, SettingsError> {
    let broken = |problem: String| SettingsError { key: "ca_file", problem };
    let pem = read_file("ca_file", path)?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| broken(format!("is no PEM: {error}")))?;
        roots.add(certificate).map_err(|error| broken(format!("has no certificate in it: {error}")))?;
    }
    ensure(!roots.is_empty(), "ca_file", || "has no certificate in it".to_owned())?;
    Ok(roots)
}

fn trusting(authorities: Option<RootCertStore>) -> Result<Arc<ClientConfig>, SettingsError> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions();
    let config = config.map_err(|error| SettingsError { key: "servers", problem: error.to_string() })?;
    let roots = authorities.unwrap_or_else(|| SYSTEMS.clone());
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}
