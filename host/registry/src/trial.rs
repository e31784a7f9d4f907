//! What is learnt of versions on trial and of new ones that may be rolled back: comparisons, and faults.
//!
//! Not for: the faults after which a chain is taken back; each process counts them for itself, and they are gone with it.

use std::collections::BTreeMap;
use std::mem;
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;
use vestibule_api::{TrialDifference, TrialReport};
use vestibule_domain::TenantName;
use vestibule_gate::{Comparison, Seen};
use vestibule_store::{KEPT_DIFFERENCES, Store, TrialRow};

use crate::Error;
use crate::plan::Guard;

/// After how long it is said again that a version has failed too often: it could not be taken back.
const SAID: Duration = Duration::from_secs(10);

/// What this process has learnt of one revision.
pub(crate) struct Trials {
    revision: i64,
    /// By policy, what the store does not have yet.
    fresh: Mutex<BTreeMap<String, Learnt>>,
    /// Held while anything is on its way into the store or added to what is there, so that nothing counts twice.
    keeping: tokio::sync::Mutex<()>,
    /// By policy and version.
    faults: Mutex<BTreeMap<(String, i64), Faults>>,
}

/// Faults of a guarded version.
#[derive(Default)]
struct Faults {
    /// The users on whom it failed lately, and when it did so last.
    users: BTreeMap<String, Instant>,
    /// When it was last said that there are too many.
    said: Option<Instant>,
}

#[derive(Clone, Default)]
struct Learnt {
    same: u64,
    different: u64,
    skipped: u64,
    faults: u64,
    /// Newest last.
    differences: Vec<TrialDifference>,
}

impl Trials {
    pub(crate) fn new(revision: i64) -> Self {
        Self { revision, fresh: Mutex::default(), keeping: tokio::sync::Mutex::default(), faults: Mutex::default() }
    }

    pub(crate) const fn revision(&self) -> i64 {
        self.revision
    }

    /// Takes note of a login on which the version on trial for a policy was run, or should have been.
    pub(crate) fn note(&self, policy: &str, seen: Seen) {
        let mut learnt = Learnt { faults: seen.failed.into(), ..Learnt::default() };
        match seen.comparison {
            Comparison::Same => learnt.same = 1,
            Comparison::Skipped => learnt.skipped = 1,
            Comparison::Different(difference) => {
                learnt.different = 1;
                learnt.differences.push(difference);
            }
        }
        self.fresh.lock().entry(policy.to_owned()).or_default().add(learnt);
    }

    /// Takes note of a fault of a version that decides on trial.
    pub(crate) fn note_fault(&self, policy: &str) {
        self.fresh.lock().entry(policy.to_owned()).or_default().add(Learnt { faults: 1, ..Learnt::default() });
    }

    /// Whether there is anything that the store does not have.
    pub(crate) fn has_news(&self) -> bool {
        !self.fresh.lock().is_empty()
    }

    /// Adds what is new to what the store has. What could not be stored stays for the next time.
    pub(crate) async fn keep(&self, store: &Store, tenant: &TenantName, now: SystemTime) -> Result<(), Error> {
        let _keeping = self.keeping.lock().await;
        let fresh = mem::take(&mut *self.fresh.lock());
        if fresh.is_empty() {
            return Ok(());
        }
        let rows = fresh.iter().map(|(policy, learnt)| learnt.row(policy)).collect::<Result<Vec<_>, _>>()?;
        let kept = store.add_trials(tenant, self.revision, &rows, now).await;
        if kept.is_err() {
            let mut all = self.fresh.lock();
            for (policy, mut learnt) in fresh {
                let since = all.remove(&policy).unwrap_or_default();
                learnt.add(since);
                all.insert(policy, learnt);
            }
        }
        Ok(kept?)
    }

    /// What the store has, and what is new.
    pub(crate) async fn report(&self, store: &Store, tenant: &TenantName, policy: &str) -> Result<TrialReport, Error> {
        let _keeping = self.keeping.lock().await;
        let mut all = Learnt::read(store.for_administrators().trial(tenant, self.revision, policy).await?)?;
        if let Some(fresh) = self.fresh.lock().get(policy) {
            all.add(fresh.clone());
        }
        Ok(report_of(all))
    }

    /// Counts a fault of a guarded version, once for each user. Returns whether there are too many by now: again after [`SAID`], should
    /// the revision be active still.
    pub(crate) fn fault(&self, guard: &Guard, user: &str, now: Instant) -> bool {
        let mut faults = self.faults.lock();
        let Faults { users, said } = faults.entry((guard.policy.clone(), guard.version)).or_default();
        let is_too_many = |users: &BTreeMap<_, _>| users.len() as u64 >= u64::from(guard.users);
        // More users than it takes are not remembered.
        if !is_too_many(users) || users.contains_key(user) {
            users.insert(user.to_owned(), now);
        }
        if !is_too_many(users) {
            return false;
        }
        users.retain(|_, at| now.saturating_duration_since(*at) < guard.within);
        let is_due = said.is_none_or(|said| now.saturating_duration_since(said) >= SAID);
        let is_said = is_too_many(users) && is_due;
        if is_said {
            *said = Some(now);
        }
        is_said
    }
}

impl Learnt {
    /// Adds what was learnt afterwards.
    fn add(&mut self, later: Self) {
        let Self { same, different, skipped, faults, differences } = later;
        self.same += same;
        self.different += different;
        self.skipped += skipped;
        self.faults += faults;
        self.differences.extend(differences);
        self.differences.drain(..self.differences.len().saturating_sub(KEPT_DIFFERENCES));
    }

    fn row(&self, policy: &str) -> Result<TrialRow, Error> {
        let damaged = |error| Error::Damaged(format!("a difference cannot be written: {error}"));
        let differences = self.differences.iter().map(serde_json::to_string).collect::<Result<_, _>>();
        let Self { same, different, skipped, faults, .. } = *self;
        let differences = differences.map_err(damaged)?;
        Ok(TrialRow { policy: policy.to_owned(), same, different, skipped, faults, differences })
    }

    fn read(row: TrialRow) -> Result<Self, Error> {
        let damaged = |error| Error::Damaged(format!("a difference cannot be read: {error}"));
        let TrialRow { same, different, skipped, faults, differences, .. } = row;
        let differences = differences.iter().map(|difference| serde_json::from_str(difference));
        let differences = differences.collect::<Result<_, _>>().map_err(damaged)?;
        Ok(Self { same, different, skipped, faults, differences })
    }
}

fn report_of(learnt: Learnt) -> TrialReport {
    let Learnt { same, different, skipped, faults, differences } = learnt;
    TrialReport { compared: same + different, different, skipped, faults, differences }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_counts_once_for_each_user_and_not_for_long() {
        let (trials, start, within) = (Trials::new(1), Instant::now(), Duration::from_secs(60));
        let guard = Guard { policy: "p".to_owned(), version: 1, is_canary: false, users: 3, within };
        assert!((0..9).all(|_| !trials.fault(&guard, "joe", start)), "one user is one user");
        assert!(!trials.fault(&guard, "ann", start));
        assert!(!trials.fault(&guard, "bob", start + within), "joe and ann are forgotten");
        assert!(!trials.fault(&guard, "cyd", start + within));
        assert!(trials.fault(&guard, "joe", start + within));
        assert!(!trials.fault(&guard, "dan", start + within), "it is said once");
        assert!(trials.fault(&guard, "joe", start + within + SAID), "and again, as long as it has not helped");
        let another = Guard { version: 2, ..guard };
        assert!(!trials.fault(&another, "joe", start + within + SAID), "each version has its own");
    }

    fn differs(number: usize) -> Seen {
        let user = format!("user-{number}");
        let difference =
            TrialDifference { user, active: "allow".into(), trial: "trap".into(), fields: vec!["user".into()] };
        Seen { comparison: Comparison::Different(difference), failed: true, fuel: 1 }
    }

    #[test]
    fn what_is_written_reads_back_and_only_the_latest_differences_are_kept() {
        let trials = Trials::new(1);
        trials.note("p", Seen { comparison: Comparison::Same, failed: true, fuel: 1 });
        trials.note("p", Seen { comparison: Comparison::Skipped, failed: false, fuel: 0 });
        (0..150).for_each(|number| trials.note("p", differs(number)));
        trials.note_fault("q");
        let fresh = mem::take(&mut *trials.fresh.lock());
        let report = |policy: &str| report_of(Learnt::read(fresh[policy].row(policy).unwrap()).unwrap());
        let TrialReport { compared, different, skipped, faults, differences } = report("p");
        assert_eq!((compared, different, skipped, faults), (151, 150, 1, 151));
        assert_eq!((differences.len(), differences[0].user.as_str()), (KEPT_DIFFERENCES, "user-50"));
        assert_eq!(report("q"), TrialReport { faults: 1, ..TrialReport::default() });
    }
}
