//! What the operator allows a tenant: terms, limits of a call, and who has to have signed its policies.
//!
//! Not for: how its users log in; that is [`vestibule_gate::TenantSettings`].

use serde::{Deserialize, Serialize};
use vestibule_ledger::Waiting;
use vestibule_sandbox::Limits;

use crate::Error;

/// The most keys that may sign.
const MAX_SIGNERS: usize = 64;

/// A tenant's terms; each has a default, and a most that [`Terms::check`] knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terms {
    /// Logins per second, over time; twice as many may come in one second. Default 500: ten thousand users in the minute after
    /// an outage have 170.
    pub logins_per_second: u32,
    /// Logins at once; more wait. Default 64.
    pub concurrent_logins: u32,
    /// Logins that wait; more are refused. Default 1,024: at 500 a second, the last one has waited for two.
    pub waiting_logins: u32,
    /// Fuel of one call. Default 50,000,000, some 20 ms.
    pub fuel_per_login: u64,
    /// Fuel of all calls in a minute. Default 30,000,000,000: a policy in Rust takes 30,000 a login, one in Python 5,000,000.
    pub fuel_per_minute: u64,
    /// Memory of one call in bytes. Default 64 MiB.
    pub memory_bytes: usize,
    /// Wall time of one call in milliseconds. Default 2,000.
    pub deadline_ms: u64,
    /// Log of one call in bytes. Default 16 KiB.
    pub log_bytes: usize,
    /// Log of all calls in a minute, in bytes, of which each line takes 64 besides its texts; what is logged beyond is dropped, and
    /// counted on record. Default 16 MiB: at 500 logins a second, each may log 500 bytes.
    pub log_bytes_per_minute: u64,
    /// Requests of its own tokens in a second over time, logins aside; twice as many may come in one second. Default 50: whoever works
    /// by hand has a few, and a script with thousands of users waits as told.
    pub requests_per_second: u32,
    /// Policies. Default 32.
    pub policies: u32,
    /// All versions together in bytes. Default 1 GiB.
    pub stored_bytes: u64,
    /// Users and groups that administrators may add; those whom a login saves for the first time are not refused. Default 100,000.
    pub profiles: u32,
    /// Tokens. Default 1,000: one for each front door and script.
    pub tokens: u32,
    /// Secrets of all policies. Default 1,000.
    pub secrets: u32,
    /// Decisions kept; the oldest go first. Default 50,000,000: ten thousand users have as many in 400 days with twelve logins a day.
    pub decisions: u64,
    /// What decisions, users, groups, questions, sessions and changes take on disk, in bytes, of which each row takes 256 besides its texts;
    /// of more, the oldest decisions go first, and where that is not enough, or not fast enough, logins are refused, and so is what
    /// administrators add. Default 16 GiB: thirty million decisions of 300 bytes.
    pub record_bytes: u64,
    /// Changes kept in the audit log; the oldest go first, and none for 30 days. Default 1,000,000: more than two thousand a day for
    /// 400 days.
    pub audit_rows: u64,
    /// Whether the tenant may name LDAP and RADIUS servers itself, which the host then connects to. Default no: somebody else's
    /// network is no place for a tenant to look around.
    pub own_directories: bool,
    /// Minisign public keys, one of which has to have signed whatever is uploaded or activated. Default none: no signature is asked
    /// for. What is active when they change stays active, and so do versions on trial; it can be activated again, or rolled back
    /// to, once it is uploaded with a signature by one of them.
    pub signers: Vec<String>,
}

impl Default for Terms {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            logins_per_second: 500,
            concurrent_logins: 64,
            waiting_logins: 1_024,
            fuel_per_login: limits.fuel,
            fuel_per_minute: 30_000_000_000,
            memory_bytes: limits.memory_bytes,
            deadline_ms: limits.deadline_ms,
            log_bytes: limits.log_bytes,
            log_bytes_per_minute: 16 << 20,
            requests_per_second: 50,
            policies: 32,
            stored_bytes: 1 << 30,
            profiles: 100_000,
            tokens: 1_000,
            secrets: 1_000,
            decisions: 50_000_000,
            record_bytes: 16 << 30,
            audit_rows: 1_000_000,
            own_directories: false,
            signers: Vec::new(),
        }
    }
}

impl Terms {
    /// Reads terms as the store holds them.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub(crate) fn read(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|error| Error::Damaged(format!("a tenant's terms cannot be read: {error}")))
    }

    /// The terms as the store holds them.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub(crate) fn write(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|error| Error::Damaged(format!("terms cannot be written: {error}")))
    }

    /// Whether this host can keep them.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the key.
    pub fn check(&self, max_memory_bytes: usize) -> Result<(), Error> {
        let invalid = |text: String| Err(Error::Invalid(text));
        if self.memory_bytes > max_memory_bytes {
            return invalid(format!("`memory_bytes`: this host has at most {max_memory_bytes} for a call"));
        }
        let positive = [
            ("logins_per_second", u64::from(self.logins_per_second)),
            ("concurrent_logins", u64::from(self.concurrent_logins)),
            ("fuel_per_login", self.fuel_per_login),
            ("fuel_per_minute", self.fuel_per_minute),
            ("deadline_ms", self.deadline_ms),
        ];
        if let Some((name, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return invalid(format!("`{name}`: with 0, nobody could come in"));
        }
        if let Some((name, _, most)) = self.counts().into_iter().find(|(_, value, most)| value > most) {
            return invalid(format!("`{name}`: is more than {most}"));
        }
        if self.requests_per_second == 0 {
            return invalid("`requests_per_second`: with 0, the tenant's tokens could do nothing".to_owned());
        }
        if self.signers.len() > MAX_SIGNERS {
            return invalid(format!("`signers`: there are more than {MAX_SIGNERS}"));
        }
        for key in &self.signers {
            minisign_verify::PublicKey::from_base64(key)
                .map_err(|_| Error::Invalid("`signers`: not a minisign public key in Base64".to_owned()))?;
        }
        Ok(())
    }

    /// Each number and the most that it may be: what is beyond is of no use, and would overflow somewhere.
    const fn counts(&self) -> [(&'static str, u64, u64); 17] {
        [
            ("logins_per_second", self.logins_per_second as u64, 1_000_000_000),
            ("concurrent_logins", self.concurrent_logins as u64, 1 << 16),
            ("waiting_logins", self.waiting_logins as u64, 1 << 20),
            ("fuel_per_login", self.fuel_per_login, 1_000_000_000_000),
            ("fuel_per_minute", self.fuel_per_minute, 1_000_000_000_000_000),
            ("deadline_ms", self.deadline_ms, 3_600_000),
            ("log_bytes", self.log_bytes as u64, 16 << 20),
            ("log_bytes_per_minute", self.log_bytes_per_minute, 1 << 40),
            ("requests_per_second", self.requests_per_second as u64, 1_000_000),
            ("policies", self.policies as u64, 10_000),
            ("stored_bytes", self.stored_bytes, 1 << 44),
            ("record_bytes", self.record_bytes, 1 << 44),
            ("profiles", self.profiles as u64, 100_000_000),
            ("tokens", self.tokens as u64, 1_000_000),
            ("secrets", self.secrets as u64, 1_000_000),
            ("decisions", self.decisions, 1_000_000_000_000),
            ("audit_rows", self.audit_rows, 1_000_000_000_000),
        ]
    }

    /// The tenant's share of the host's places for logins.
    pub(crate) fn places(&self) -> Waiting {
        Waiting { inside: self.concurrent_logins.into(), waiting: self.waiting_logins.into() }
    }

    /// The limits of one call.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            fuel: self.fuel_per_login,
            memory_bytes: self.memory_bytes,
            deadline_ms: self.deadline_ms,
            log_bytes: self.log_bytes,
            ..Limits::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_read_back_and_the_defaults_hold() {
        assert_eq!(Terms::read("{}").unwrap(), Terms::default());
        assert_eq!(Terms::read(&Terms::default().write().unwrap()).unwrap(), Terms::default());
        assert!(Terms::default().check(64 << 20).is_ok());
    }

    #[test]
    fn terms_under_which_nobody_comes_in_are_refused() {
        assert!(Terms { concurrent_logins: 0, ..Terms::default() }.check(64 << 20).is_err());
        assert!(Terms { signers: vec!["key".into()], ..Terms::default() }.check(64 << 20).is_err());
        assert!(Terms::default().check(1 << 20).is_err());
    }

    #[test]
    fn numbers_beyond_any_use_are_refused_by_their_key() {
        let names = Terms::default().counts().map(|(name, ..)| name);
        let mut all = serde_json::to_value(Terms::default()).unwrap();
        let numbers =
            all.as_object().unwrap().iter().filter(|(name, value)| value.is_number() && *name != "memory_bytes");
        let mut numbers: Vec<_> = numbers.map(|(name, _)| name.clone()).collect();
        numbers.sort_unstable();
        let mut sorted = names;
        sorted.sort_unstable();
        assert_eq!(numbers, sorted, "a number without a most");
        for name in names {
            let before = all[name].take();
            let with = |value: u64| {
                all[name] = value.into();
                serde_json::from_value::<Terms>(all.clone())
            };
            let terms = [u64::MAX, u32::MAX.into()].map(with).into_iter().find_map(Result::ok).unwrap();
            let error = terms.check(64 << 20).unwrap_err().to_string();
            assert!(error.contains(&format!("`{name}`")), "{error}");
            all[name] = before;
        }
    }
}
