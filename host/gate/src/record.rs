//! A decision's record: the row that is kept, and its JSON.
//!
//! Not for: values of properties and secrets. The record has names, and what is left of a login is masked by its types.

use std::borrow::Cow;
use std::time::SystemTime;

use vestibule_api::Record;
use vestibule_domain::Decision;
use vestibule_domain::text::log_text;
use vestibule_store::{DecisionRow, Effects};

use crate::answer::Answer;
use crate::attempt::Attempt;
use crate::journal::Journal;

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
        entered: attempt.user.as_str().into(),
        method: journal.method.as_deref().map(Cow::from),
        client_ip_addr: attempt.client_ip_addr.as_deref().map(|address| log_text(address, 64)),
        vpn_auth: attempt.attributes.vpn_auth,
        reason: answer.reason.as_str().into(),
        client_reason: denial.map(|denial| denial.client_reason.as_str().into()),
        steps: journal.steps(),
        policies: journal.policies().into(),
        conflicts: journal.conflicts,
        set: journal.names_set().into(),
        saved: effects.save.iter().flat_map(|save| save.writes.iter()).map(|(name, _)| name.into()).collect(),
        cut: false,
    };
    DecisionRow {
        id: answer.id.clone(),
        at,
        user: answer.user.clone(),
        outcome: outcome(&answer.decision).to_owned(),
        cause: denial.map(|denial| denial.cause.code().to_owned()),
        record: bounded(record),
    }
}

/// The record's JSON, without what varies most where it would be too long.
fn bounded(record: Record<'_>) -> String {
    let whole = serde_json::to_string(&record).unwrap_or_default();
    if whole.len() <= MAX_RECORD_BYTES {
        return whole;
    }
    let cut = Record { policies: Cow::default(), set: Cow::default(), saved: Vec::new(), cut: true, ..record };
    serde_json::to_string(&cut).unwrap_or_default()
}

/// How a decision is called on record.
const fn outcome(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow { .. } => "allowed",
        Decision::Challenge { .. } => "challenged",
        Decision::Deny(_) => "denied",
    }
}
