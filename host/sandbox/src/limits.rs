//! What one call of a policy may use: every limit with its unit, its default and the reason for it.
//!
//! Not for: how many calls run at once; that is [`crate::Capacity`]. Some limits are the same for everybody and stand where they
//! hold: the size of a log line ([`crate::logbook`]), handles ([`crate::state`]), refusals of memory ([`crate::memory`]).

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// No login waits longer, whatever its tenant says.
const MAX_DEADLINE: Duration = Duration::from_secs(3600);

/// The limits of one call. All of them are enforced on every call, whatever the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Instructions, roughly: wasmtime's fuel, one unit for most operators, for each byte that passes between guest and host, a
    /// hundred for each call to the host, and what an instance costs ([`crate::Compiled::setup_fuel`]). Default 50,000,000: more than
    /// ten times what a Python policy takes, and stopped after some 20 ms.
    pub fuel: u64,
    /// Wall time of the whole call in milliseconds, host calls included. Default 2,000: a slow directory still answers, and
    /// an OpenVPN client waits far longer. More than an hour counts as an hour.
    pub deadline_ms: u64,
    /// Linear memories and tables together, in bytes. Default 64 MiB: CPython with its whole standard library
    /// takes 25.
    pub memory_bytes: usize,
    /// Elements of all tables together. Default 20,000: three times what CPython takes.
    pub table_elements: usize,
    /// Bytes that one transfer may carry from the guest: the arguments of one host call, or the answer. Default 1 MiB:
    /// the three lists of the largest answer that the contract allows have 256 KiB each.
    pub transfer_bytes: usize,
    /// Calls from the guest to the host. Default 10,000: a policy needs some dozens.
    pub host_calls: u64,
    /// Random bytes. Default 16 KiB: a session key takes 32, but CPython's own seeding 2,496, and again for each generator.
    pub random_bytes: u64,
    /// Log lines kept; more are counted and dropped. Default 64: what an administrator may read of one login.
    pub log_lines: usize,
    /// Bytes of log kept. Default 16 KiB: with 10,000 users a day's log still fits onto a disk.
    pub log_bytes: usize,
    /// Directory searches. Default 16: user, groups and nested groups.
    pub directory_searches: u32,
    /// Bytes of directory entries over all searches, each entry, attribute and value counted with 32 bytes more. Default 256 KiB: a user
    /// in 900 groups with names of 100 bytes, twice.
    pub directory_bytes: usize,
    /// HTTP requests. Default 8: a token, a question, and some polling.
    pub http_requests: u32,
    /// Bytes of HTTP requests and responses together. Default 1 MiB: answers of such services have kilobytes.
    pub http_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 50_000_000,
            deadline_ms: 2_000,
            memory_bytes: 64 << 20,
            table_elements: 20_000,
            transfer_bytes: 1 << 20,
            host_calls: 10_000,
            random_bytes: 16 << 10,
            log_lines: 64,
            log_bytes: 16 << 10,
            directory_searches: 16,
            directory_bytes: 256 << 10,
            http_requests: 8,
            http_bytes: 1 << 20,
        }
    }
}

impl Limits {
    /// The deadline as a duration, an hour at most.
    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms).min(MAX_DEADLINE)
    }
}
