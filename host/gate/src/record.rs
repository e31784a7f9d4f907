//! A decision's record: the row that is kept, and its JSON.
//!
//! Not for: values of properties and secrets. The record has names, and what is left of a login is masked by its types.

use std::time::SystemTime;

use serde::Serialize;
use vestibule_domain::Decision;
use vestibule_domain::text::log_text;
use vestibule_store::{DecisionRow, Effects};

use crate::answer::Answer;
use crate::attempt::Attempt;
use crate::journal::{Journal, PolicyEntry, Took};

/// The longest record in bytes: what a chain of sixteen policies comes to that all log as much as they may.
const MAX_RECORD_BYTES: usize = 256 << 10;

/// The row to keep.
pub(crate) fn row(
    journal: &Journal,
    attempt: &Attempt,
    answer: &Answer,
    effects: &Effects,
    at: SystemTime,
) -> DecisionRow {
    let denial = match &answer.decision {
        Decision::Deny(denial) => Some(denial),
        Decision::Allow { .. } | Decision::Challenge { .. } => None,
    };
    let record = Record {
        entered: attempt.user.as_str(),
        method: journal.method.as_deref(),
        client_ip_addr: attempt.client_ip_addr.as_deref().map(|address| log_text(address, 64)),
        vpn_auth: attempt.attributes.vpn_auth,
        reason: &answer.reason,
        client_reason: denial.map(|denial| denial.client_reason.as_str()),
        steps: journal.steps(),
        policies: journal.policies(),
        conflicts: journal.conflicts,
        set: journal.names_set(),
        saved: effects.save.iter().flat_map(|save| save.writes.iter()).map(|(name, _)| name).collect(),
        cut: false,
    };
    DecisionRow {
        id: answer.id.clone(),
        at,
        user: answer.user.clone(),
        outcome: outcome(&answer.decision).to_owned(),
        cause: denial.map(|denial| denial.cause.code().to_owned()),
        record: record.bounded(),
    }
}

/// The record's JSON.
#[derive(Debug, Serialize)]
struct Record<'a> {
    entered: &'a str,
    method: Option<&'a str>,
    client_ip_addr: Option<String>,
    vpn_auth: bool,
    reason: &'a str,
    client_reason: Option<&'a str>,
    steps: Vec<Took>,
    policies: &'a [PolicyEntry],
    conflicts: u32,
    set: &'a [String],
    saved: Vec<&'a str>,
    /// Whether it was too long, and policies and names of properties were left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
}

impl Record<'_> {
    fn bounded(self) -> String {
        let whole = serde_json::to_string(&self).unwrap_or_default();
        if whole.len() <= MAX_RECORD_BYTES {
            return whole;
        }
        let cut = Record { policies: &[], set: &[], saved: Vec::new(), cut: true, ..self };
        serde_json::to_string(&cut).unwrap_or_default()
    }
}

/// How a decision is called on record.
const fn outcome(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow { .. } => "allowed",
        Decision::Challenge { .. } => "challenged",
        Decision::Deny(_) => "denied",
    }
}
