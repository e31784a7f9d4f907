//! One tenant's rules for its door.
//!
//! Not for: users, groups and policies, which the store keeps.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use vestibule_directory::{Ldap, LdapSettings, Radius, RadiusSettings, SettingsError};
use vestibule_domain::primary::Failure;
use vestibule_domain::resolve::Records;
use vestibule_domain::{CanonicalUser, TenantName};
use vestibule_ledger::{Owner, Waiting};
use vestibule_sandbox::Capabilities;
use vestibule_store::Lockout;

use crate::log_room::LogRoom;
use crate::method::Method;
use crate::searches::Searches;

/// The longest login: as long as OpenVPN waits (`--hand-window`).
const MAX_DEADLINE_MS: u64 = 60_000;
/// The longest wait before a failure is answered, for the same reason.
const MAX_FAILURE_DELAY_MS: u64 = 5_000;
/// The most failures before a lock: whoever may guess more often than that is not kept from it.
const MAX_LOCKOUT_AFTER: u32 = 1_000_000;
/// The longest lock: a month.
const MAX_LOCKOUT_SECONDS: u64 = 31 * 86_400;
/// The longest that a question waits: a day.
const MAX_CHALLENGE_SECONDS: u64 = 86_400;
/// The longest that a session is remembered: a year.
const MAX_SESSION_SECONDS: u64 = 366 * 86_400;
/// The most users whom no policy is asked about.
const MAX_BOOTSTRAP: usize = 64;

/// What a tenant's table of the configuration says; each key has a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TenantSettings {
    /// How users prove who they are, unless `user_auth_type` says otherwise of them. Default `local`.
    pub method: Method,
    /// What happens while no policy is active. Default `deny`.
    pub without_policy: WithoutPolicy,
    /// Wall time of a whole login in milliseconds, from when it came: waiting for its turn counts. A front door that waits for less says
    /// so, and its time counts then. Default 10,000: a failover of directories fits in, and an OpenVPN client waits longer.
    pub deadline_ms: u64,
    /// No answer to a failed authentication comes earlier, nor a refusal that reads the same, in milliseconds: how long it took tells
    /// nothing. Default 400, a multiple of what checking a password takes.
    pub min_failure_delay_ms: u64,
    /// The failure that locks a local account: a wrong password, or an answer to a question that does not let its user in, whether it
    /// is denied, asked about again or breaks the policy. Being let in forgives them. Default 5. Other methods keep no account here:
    /// their servers count wrong passwords, and answers are limited by the policy's own tries and by each question's one use.
    pub lockout_after: u32,
    /// How long an account stays locked, in seconds, a month at most. Default 900.
    pub lockout_seconds: u64,
    /// How long a question may be answered, in seconds, a day at most. Default 300.
    pub challenge_seconds: u64,
    /// How long a policy's state of a session is kept, in seconds, a year at most. Default 86,400.
    pub session_seconds: u64,
    /// Local users, 64 at most, whom no policy is asked about: for the day when a policy is wrong. They still need their password. Wrong
    /// ones do not lock their accounts, by which anybody could keep them out, but the client's address for one of them.
    pub bootstrap: BTreeSet<String>,
    /// The directory, for the method `ldap` and for policies that search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ldap: Option<LdapSettings>,
    /// The servers of the method `radius`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub radius: Option<RadiusSettings>,
}

/// What happens while no policy is active.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WithoutPolicy {
    /// Nobody comes in.
    #[default]
    Deny,
    /// Whoever has proven who it is comes in, with the properties on record.
    Allow,
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            method: Method::default(),
            without_policy: WithoutPolicy::default(),
            deadline_ms: 10_000,
            min_failure_delay_ms: 400,
            lockout_after: 5,
            lockout_seconds: 900,
            challenge_seconds: 300,
            session_seconds: 86_400,
            bootstrap: BTreeSet::new(),
            ldap: None,
            radius: None,
        }
    }
}

impl TenantSettings {
    /// The same, with no number beyond what is of any use: what was stored before there were such bounds keeps nobody out.
    #[must_use]
    pub fn bounded(self) -> Self {
        Self {
            deadline_ms: self.deadline_ms.min(MAX_DEADLINE_MS),
            min_failure_delay_ms: self.min_failure_delay_ms.min(MAX_FAILURE_DELAY_MS),
            lockout_after: self.lockout_after.min(MAX_LOCKOUT_AFTER),
            lockout_seconds: self.lockout_seconds.min(MAX_LOCKOUT_SECONDS),
            challenge_seconds: self.challenge_seconds.min(MAX_CHALLENGE_SECONDS),
            session_seconds: self.session_seconds.min(MAX_SESSION_SECONDS),
            ..self
        }
    }

    /// The files that they name: those of authorities that the directory is believed by, and RADIUS dictionaries.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let ldap = self.ldap.as_ref().and_then(|ldap| ldap.ca_file.as_ref());
        ldap.into_iter().chain(self.radius.as_ref().and_then(|radius| radius.dictionary.as_ref()))
    }
}

/// A tenant, ready to be asked.
#[derive(Debug, Clone)]
pub struct Tenant {
    pub(crate) name: TenantName,
    pub(crate) settings: TenantSettings,
    pub(crate) ldap: Option<Ldap>,
    pub(crate) radius: Option<Radius>,
    pub(crate) log_room: LogRoom,
    pub(crate) places: Waiting,
    pub(crate) slow_executor: Option<Handle>,
}

impl Tenant {
    /// A tenant with its settings. Nobody is asked yet.
    ///
    /// # Errors
    /// Names the key whose value cannot be used.
    pub fn new(name: TenantName, settings: TenantSettings) -> Result<Self, SettingsError> {
        let bounded = [
            ("deadline_ms", settings.deadline_ms, MAX_DEADLINE_MS),
            ("min_failure_delay_ms", settings.min_failure_delay_ms, MAX_FAILURE_DELAY_MS),
            ("lockout_after", settings.lockout_after.into(), MAX_LOCKOUT_AFTER.into()),
            ("lockout_seconds", settings.lockout_seconds, MAX_LOCKOUT_SECONDS),
            ("challenge_seconds", settings.challenge_seconds, MAX_CHALLENGE_SECONDS),
            ("session_seconds", settings.session_seconds, MAX_SESSION_SECONDS),
            ("bootstrap", settings.bootstrap.len() as u64, MAX_BOOTSTRAP as u64),
        ];
        if let Some((key, _, most)) = bounded.into_iter().find(|(_, value, most)| value > most) {
            return Err(SettingsError { key, problem: format!("is more than {most}") });
        }
        let settings = TenantSettings { bootstrap: normal(&settings.bootstrap)?, ..settings };
        let owner = Owner::from(&name);
        let ldap = settings.ldap.clone().map(|ldap| Ldap::paid_by(&owner, ldap)).transpose()?;
        let radius = settings.radius.clone().map(|radius| Radius::paid_by(&owner, radius)).transpose()?;
        let (log_room, places) = (LogRoom::default(), Waiting { inside: u64::MAX, waiting: u64::MAX });
        Ok(Self { name, settings, ldap, radius, log_room, places, slow_executor: None })
    }

    /// Whose policies may log no more than that.
    #[must_use]
    pub fn with_log_room(self, log_room: LogRoom) -> Self {
        Self { log_room, ..self }
    }

    /// Whose policies go on, where they compute for long, on these threads of low priority.
    #[must_use]
    pub fn with_slow_executor(self, slow_executor: Option<Handle>) -> Self {
        Self { slow_executor, ..self }
    }

    /// Whose logins have no more places than that, of those that the host has.
    #[must_use]
    pub fn with_places(self, places: Waiting) -> Self {
        Self { places, ..self }
    }

    /// Its name.
    pub const fn name(&self) -> &TenantName {
        &self.name
    }

    /// What the tenant's policies may ask, where they are granted it.
    pub fn capabilities(&self) -> Capabilities {
        let nothing = Capabilities::default();
        match &self.ldap {
            Some(ldap) => Capabilities { directory: Arc::new(Searches(ldap.clone())), ..nothing },
            None => nothing,
        }
    }

    pub(crate) fn is_bootstrap(&self, user: &str) -> bool {
        self.settings.bootstrap.contains(user)
    }

    /// The method that holds for a name. A bootstrap administrator's is local, whatever is on record.
    pub(crate) fn method_of(&self, user: &str, records: &Records) -> Result<Method, Failure> {
        if self.is_bootstrap(user) {
            return Ok(Method::Local);
        }
        Method::of(records, self.settings.method)
    }

    pub(crate) const fn deadline(&self) -> Duration {
        Duration::from_millis(self.settings.deadline_ms)
    }

    pub(crate) const fn min_failure_delay(&self) -> Duration {
        Duration::from_millis(self.settings.min_failure_delay_ms)
    }

    pub(crate) const fn lockout(&self) -> Lockout {
        Lockout { after: self.settings.lockout_after, lasts: Duration::from_secs(self.settings.lockout_seconds) }
    }
}

/// Names as logins have them, however the file spells them.
fn normal(names: &BTreeSet<String>) -> Result<BTreeSet<String>, SettingsError> {
    let name = |name: &String| CanonicalUser::new(name.as_str()).map(String::from);
    let named: Result<_, _> = names.iter().map(name).collect();
    named.map_err(|error| SettingsError { key: "bootstrap", problem: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_any_use_is_refused_by_its_key() {
        let most = TenantSettings::default;
        let beyond = [
            ("deadline_ms", TenantSettings { deadline_ms: u64::MAX, ..most() }),
            ("min_failure_delay_ms", TenantSettings { min_failure_delay_ms: u64::MAX, ..most() }),
            ("lockout_after", TenantSettings { lockout_after: u32::MAX, ..most() }),
            ("lockout_seconds", TenantSettings { lockout_seconds: u64::MAX, ..most() }),
            ("challenge_seconds", TenantSettings { challenge_seconds: u64::MAX, ..most() }),
            ("session_seconds", TenantSettings { session_seconds: u64::MAX, ..most() }),
        ];
        for (_, settings) in beyond.clone() {
            assert!(Tenant::new(TenantName::default(), settings.bounded()).is_ok());
        }
        for (key, settings) in beyond.into_iter().chain([
            ("bootstrap", TenantSettings { bootstrap: (0..65).map(|number| number.to_string()).collect(), ..most() }),
            ("bootstrap", TenantSettings { bootstrap: ["ro\u{200b}ot".to_owned()].into(), ..most() }),
        ]) {
            let error = Tenant::new(TenantName::default(), settings).unwrap_err();
            assert_eq!(error.key, key, "{error}");
        }
        assert!(Tenant::new(TenantName::default(), most()).is_ok());
    }
}
