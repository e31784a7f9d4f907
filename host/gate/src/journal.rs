//! What happens on a login's way, step by step.
//!
//! Not for: how it is written down; see `record`.

use std::time::Duration;

use tokio::time::Instant;
use vestibule_api::{PolicyRun, Step, StepTime};
use vestibule_domain::decision::{Denial, DenyCause};
use vestibule_domain::log::Line;
use vestibule_domain::{Cause, Fault, Properties, primary};
use vestibule_sandbox::Cost;

use crate::chain::Link;
use crate::log_room::LogRoom;
use crate::meter::{Meter, micros};

/// A record in the making.
pub(crate) struct Journal {
    log_room: LogRoom,
    meter: Meter,
    step: Step,
    since: Instant,
    steps: Vec<StepTime>,
    policies: Vec<PolicyRun>,
    pub(crate) method: Option<String>,
    /// Whom the decision is about, once that is known.
    pub(crate) user: Option<String>,
    /// Whether the chain on trial decides.
    pub(crate) by_canary: bool,
    /// The policy whose own fault it is that the login comes to nothing.
    pub(crate) at_fault: Option<String>,
    /// How often the user's record changed meanwhile.
    pub(crate) conflicts: u32,
    set: Vec<String>,
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

    /// The step before has ended, this one begins; the same one goes on.
    pub(crate) fn enter(&mut self, step: Step) {
        if step == self.step {
            return;
        }
        let now = Instant::now();
        self.steps.push(StepTime { step: self.step, micros: micros(now - self.since) });
        (self.step, self.since) = (step, now);
    }

    /// A policy has answered. What it logged beyond the tenant's room counts as dropped.
    pub(crate) fn policy(&mut self, link: &Link, wall: Duration, cost: Cost, mut log: Vec<Line>) {
        let Cost { fuel, peak_memory_bytes, host_calls, dropped_log_lines, busy_micros } = cost;
        self.policies.push(PolicyRun {
            name: link.name.clone(),
            version: link.version.clone(),
            sha256: link.digest.clone(),
            micros: micros(wall),
            fuel,
            peak_memory_bytes,
            host_calls,
            dropped_log_lines: dropped_log_lines + self.log_room.cut(&mut log),
            busy_micros,
            log,
        });
    }

    /// What the policies took together, those that came to no answer too.
    pub(crate) fn cost(&self) -> Cost {
        self.policies.iter().fold(self.meter.unreported(), |all, run| Cost {
            fuel: all.fuel.saturating_add(run.fuel),
            peak_memory_bytes: all.peak_memory_bytes.max(run.peak_memory_bytes),
            host_calls: all.host_calls.saturating_add(run.host_calls),
            dropped_log_lines: all.dropped_log_lines.saturating_add(run.dropped_log_lines),
            busy_micros: all.busy_micros.saturating_add(run.busy_micros),
        })
    }

    pub(crate) fn set(&mut self, set: &Properties) {
        self.set = set.iter().map(|(name, _)| name.to_owned()).collect();
    }

    /// What each step took so far, the present one last.
    pub(crate) fn steps(&self) -> Vec<StepTime> {
        let last = StepTime { step: self.step, micros: micros(self.since.elapsed()) };
        self.steps.iter().copied().chain([last]).collect()
    }

    pub(crate) fn policies(&self) -> &[PolicyRun] {
        &self.policies
    }

    /// The names of what the policies have set.
    pub(crate) fn names_set(&self) -> &[String] {
        &self.set
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
}
