//! What happened on a login's way, step by step, as it will stand on record.
//!
//! Not for: values of properties and secrets: the record has names, and what is left of a login is masked by its types.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use tokio::time::Instant;
use vestibule_domain::decision::{Denial, DenyCause};
use vestibule_domain::log::Line;
use vestibule_domain::text::log_text;
use vestibule_domain::{Cause, Decision, Fault, Properties, primary};
use vestibule_sandbox::Cost;
use vestibule_store::{DecisionRow, Effects};

use crate::answer::Answer;
use crate::attempt::Attempt;
use crate::chain::Link;
use crate::log_room::LogRoom;
use crate::meter::{Meter, micros};

/// The longest record in bytes: what a chain of sixteen policies comes to that all log as much as they may.
const MAX_RECORD_BYTES: usize = 256 << 10;

/// The steps, as the record names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    /// For a place; and before that, for its tenant to be made ready.
    Waited,
    LookUp,
    Primary,
    Challenge,
    Policy,
    Rules,
    Session,
}

/// A record in the making.
pub(crate) struct Journal {
    log_room: LogRoom,
    meter: Meter,
    step: Step,
    since: Instant,
    steps: Vec<Took>,
    policies: Vec<PolicyEntry>,
    pub(crate) method: Option<String>,
    pub(crate) user: Option<String>,
    /// Whether the chain on trial decides.
    pub(crate) by_canary: bool,
    /// The policy whose own fault it is that the login comes to nothing.
    pub(crate) at_fault: Option<String>,
    /// How often the user's record changed meanwhile.
    pub(crate) conflicts: u32,
    set: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Took {
    step: Step,
    micros: u64,
}

#[derive(Debug, Serialize)]
struct PolicyEntry {
    name: String,
    version: String,
    sha256: String,
    micros: u64,
    #[serde(flatten)]
    cost: Cost,
    log: Vec<Line>,
}

impl Journal {
    /// Of a login that came at that time; `meter` counts what policies took that came to no answer.
    pub(crate) fn new(log_room: LogRoom, meter: Meter, arrived: Instant) -> Self {
        Self {
            log_room,
            meter,
            step: Step::Waited,
            since: arrived,
            steps: Vec::new(),
            policies: Vec::new(),
            method: None,
            user: None,
            by_canary: false,
            at_fault: None,
            conflicts: 0,
            set: Vec::new(),
        }
    }

    /// The step before has ended, this one begins.
    pub(crate) fn enter(&mut self, step: Step) {
        let now = Instant::now();
        self.steps.push(Took { step: self.step, micros: micros(now - self.since) });
        (self.step, self.since) = (step, now);
    }

    /// A policy has answered. What it logged beyond the tenant's room counts as dropped.
    pub(crate) fn policy(&mut self, link: &Link, wall: Duration, mut cost: Cost, mut log: Vec<Line>) {
        cost.dropped_log_lines += self.log_room.cut(&mut log);
        self.policies.push(PolicyEntry {
            name: link.name.clone(),
            version: link.version.clone(),
            sha256: link.digest.clone(),
            micros: micros(wall),
            cost,
            log,
        });
    }

    /// What the policies took together, those that came to no answer too.
    pub(crate) fn cost(&self) -> Cost {
        self.policies.iter().fold(self.meter.unreported(), |all, PolicyEntry { cost, .. }| Cost {
            fuel: all.fuel.saturating_add(cost.fuel),
            peak_memory_bytes: all.peak_memory_bytes.max(cost.peak_memory_bytes),
            host_calls: all.host_calls.saturating_add(cost.host_calls),
            dropped_log_lines: all.dropped_log_lines.saturating_add(cost.dropped_log_lines),
            busy_micros: all.busy_micros.saturating_add(cost.busy_micros),
        })
    }

    /// Whom the decision is about: the entered name, where nobody knows better.
    pub(crate) fn user(&self, attempt: &Attempt) -> String {
        self.user.clone().unwrap_or_else(|| attempt.user.to_string())
    }

    pub(crate) fn set(&mut self, set: &Properties) {
        self.set = set.iter().map(|(name, _)| name.to_owned()).collect();
    }

    /// What it means that the login's time ran out in this step.
    pub(crate) fn late(&self) -> Denial {
        const DETAIL: &str = "the login's time ran out";
        match self.step {
            Step::Waited => {
                Fault::new(Cause::Overloaded, "the login's time ran out while it waited for its turn").into()
            }
            Step::Primary => Denial::new(DenyCause::Primary(primary::Cause::TooSlow), DETAIL),
            Step::Policy => Fault::new(Cause::Deadline, DETAIL).into(),
            Step::LookUp | Step::Challenge | Step::Rules | Step::Session => {
                Fault::new(Cause::StoreUnavailable, DETAIL).into()
            }
        }
    }

    /// The row to keep.
    pub(crate) fn row(&self, attempt: &Attempt, answer: &Answer, effects: &Effects, at: SystemTime) -> DecisionRow {
        let last = Took { step: self.step, micros: micros(self.since.elapsed()) };
        let denial = match &answer.decision {
            Decision::Deny(denial) => Some(denial),
            Decision::Allow { .. } | Decision::Challenge { .. } => None,
        };
        let record = Record {
            entered: attempt.user.as_str(),
            method: self.method.as_deref(),
            client_ip_addr: attempt.client_ip_addr.as_deref().map(|address| log_text(address, 64)),
            vpn_auth: attempt.attributes.vpn_auth,
            reason: &answer.reason,
            client_reason: denial.map(|denial| denial.client_reason.as_str()),
            steps: self.steps.iter().chain([&last]).collect(),
            policies: &self.policies,
            conflicts: self.conflicts,
            set: &self.set,
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
    steps: Vec<&'a Took>,
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
