//! What came of one call: the answer or the fault, what it cost, and what the policy logged.
//!
//! Not for: what a front door is told; that is [`vestibule_domain::Decision`].

use std::time::Duration;

use serde::{Deserialize, Serialize};
use vestibule_domain::log::Line;
use vestibule_domain::{Fault, Outcome};

use crate::host_call_log::Exchange;

/// One call, finished.
#[derive(Debug, Clone)]
pub struct Report {
    /// The answer, believed, or why there is none.
    pub answer: Result<Outcome, Fault>,
    /// What the policy logged, in order.
    pub log: Vec<Line>,
    /// What the call cost.
    pub cost: Cost,
    /// How long it took, from the first instruction of the host to the last.
    pub wall: Duration,
    /// What the policy asked the world, and what it was answered.
    pub exchanges: Vec<Exchange>,
}

/// The cost of a call. All but `busy_micros` is the same for the same call, bit for bit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Fuel consumed.
    pub fuel: u64,
    /// The most memory held at once, in bytes.
    pub peak_memory_bytes: usize,
    /// Calls to the host.
    pub host_calls: u64,
    /// Lines logged beyond the cap, or on record beyond the tenant's room for logs, and dropped.
    pub dropped_log_lines: u64,
    /// How long the call kept a thread, in microseconds of wall time: waiting for the world does not count. Recordings made before it
    /// was measured have none.
    #[serde(default)]
    pub busy_micros: u64,
}
