//! What is learnt of versions on trial and of new ones that may be rolled back: differences, and faults.
//!
//! Not for: lasting records. They are counted by this process since the revision was activated here.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use vestibule_gate::{Comparison, Difference};

use crate::plan::{Plan, PlannedLink, Trial};

/// The differences kept of one trial; the latest ones.
const KEPT: usize = 100;

/// Which version is on trial for which policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Watched {
    policy: String,
    version: i64,
}

impl Watched {
    pub(crate) fn new(link: &PlannedLink, trial: &Trial) -> Self {
        Self { policy: link.policy.clone(), version: trial.version }
    }
}

/// How a version on trial has done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TrialReport {
    /// Logins on which it was compared.
    pub compared: u64,
    /// Those on which it answered otherwise.
    pub different: u64,
    /// Logins that were not compared, because too many came at once.
    pub skipped: u64,
    /// The latest differences, newest last.
    pub differences: VecDeque<Difference>,
}

/// Everything that is counted for one revision.
pub(crate) struct Trials {
    compared: Mutex<BTreeMap<Watched, TrialReport>>,
    faults: Mutex<BTreeMap<String, u32>>,
}

impl Trials {
    pub(crate) fn new(plan: &Plan) -> Self {
        let watched = plan.0.iter().filter_map(|link| Some(Watched::new(link, link.trial.as_ref()?)));
        let compared = Mutex::new(watched.map(|watched| (watched, TrialReport::default())).collect());
        Self { compared, faults: Mutex::default() }
    }

    pub(crate) fn compared(&self, watched: &Watched, comparison: Comparison) {
        let mut reports = lock(&self.compared);
        let report = reports.entry(watched.clone()).or_default();
        match comparison {
            Comparison::Same => report.compared += 1,
            Comparison::Skipped => report.skipped += 1,
            Comparison::Different(difference) => {
                report.compared += 1;
                report.different += 1;
                if report.differences.len() == KEPT {
                    report.differences.pop_front();
                }
                report.differences.push_back(difference);
            }
        }
    }

    /// How the version on trial for a policy has done.
    pub(crate) fn report(&self, policy: &str) -> Option<TrialReport> {
        lock(&self.compared).iter().find(|(watched, _)| watched.policy == policy).map(|(_, report)| report.clone())
    }

    /// Counts a fault of a policy, and returns how many there are.
    pub(crate) fn fault(&self, policy: &str) -> u32 {
        let mut faults = lock(&self.faults);
        let count = faults.entry(policy.to_owned()).or_default();
        *count = count.saturating_add(1);
        *count
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
