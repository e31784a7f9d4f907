//! What the operator allows a tenant: quotas, limits of a call, and who has to have signed its policies.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A tenant's terms; each has a default, and a most that the host checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
    /// What decisions, users, groups, questions, sessions and changes take on disk, in bytes, of which each row takes 256 besides its
    /// texts; of more, the oldest decisions go first, and where that is not enough, or not fast enough, logins are refused, and so is what
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
        Self {
            logins_per_second: 500,
            concurrent_logins: 64,
            waiting_logins: 1_024,
            fuel_per_login: 50_000_000,
            fuel_per_minute: 30_000_000_000,
            memory_bytes: 64 << 20,
            deadline_ms: 2_000,
            log_bytes: 16 << 10,
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
