//! Who is next to be written: tenants take turns, and each turn is worth the same number of bytes.
//!
//! Not for: how much may wait; that is taken from the ledger before.

use std::collections::{HashMap, VecDeque};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::job::Job;
use crate::Error;

/// The most bytes in one transaction, unless its only job has more: other writes wait meanwhile, some ten milliseconds.
const MAX_BATCH_BYTES: u64 = 1 << 20;
/// What one turn is worth: some twenty usual logins.
const TURN_BYTES: u64 = 16 << 10;

/// Jobs that wait. Deficit round robin: M. Shreedhar and G. Varghese, "Efficient fair queueing using deficit round robin", 1995.
pub(super) struct Line {
    waiting: Mutex<Waiting>,
    arrived: Notify,
}

struct Waiting {
    closed: bool,
    tenants: HashMap<String, TenantJobs>,
    /// Tenants with a job that waits, each once.
    turns: VecDeque<String>,
}

#[derive(Default)]
struct TenantJobs {
    jobs: VecDeque<Job>,
    /// What is left of its turns.
    saved: u64,
    /// Whether its turn goes on: what came next did not fit into the last batch.
    goes_on: bool,
}

impl Line {
    pub(super) fn new() -> Self {
        let waiting = Waiting { closed: false, tenants: HashMap::new(), turns: VecDeque::new() };
        Self { waiting: Mutex::new(waiting), arrived: Notify::new() }
    }

    /// Waits behind the jobs of the same tenant.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub(super) fn join(&self, job: Job) -> Result<(), Error> {
        let mut waiting = self.waiting.lock();
        if waiting.closed {
            return Err(Error::Closed);
        }
        waiting.join(job);
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    /// The next jobs, at most so many; none when the line is closed and empty. Those whose callers have gone are left out.
    pub(super) async fn next(&self, at_most: usize) -> Option<Vec<Job>> {
        loop {
            let arrived = self.arrived.notified();
            {
                let mut waiting = self.waiting.lock();
                let batch = waiting.take(at_most);
                if !waiting.turns.is_empty() {
                    self.arrived.notify_one();
                }
                if !batch.is_empty() {
                    return Some(batch);
                }
                if waiting.closed {
                    return None;
                }
            }
            arrived.await;
        }
    }

    /// Takes no more jobs.
    pub(super) fn close(&self) {
        self.waiting.lock().closed = true;
        self.arrived.notify_waiters();
    }
}

impl Waiting {
    fn join(&mut self, job: Job) {
        let Job { row, .. } = &job;
        match self.tenants.get_mut(&row.0) {
            Some(executor) => executor.jobs.push_back(job),
            None => {
                let tenant = row.0.clone();
                self.turns.push_back(tenant.clone());
                self.tenants.insert(tenant, TenantJobs { jobs: [job].into(), ..TenantJobs::default() });
            }
        }
    }

    fn take(&mut self, at_most: usize) -> Vec<Job> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while let Some(tenant) = self.turns.pop_front() {
            let Some(executor) = self.tenants.get_mut(&tenant) else { continue };
            if !std::mem::take(&mut executor.goes_on) {
                executor.saved = executor.saved.saturating_add(TURN_BYTES);
            }
            let mut full = false;
            while let Some(job) = executor.next() {
                let weight = job.weight.amount();
                if !batch.is_empty() && bytes + weight > MAX_BATCH_BYTES {
                    executor.jobs.push_front(job);
                    (executor.goes_on, full) = (true, true);
                    break;
                }
                executor.saved -= weight;
                bytes += weight;
                batch.push(job);
                full = batch.len() >= at_most;
                if full {
                    break;
                }
            }
            self.queue_up(tenant);
            if full {
                break;
            }
        }
        batch
    }

    /// Gives a tenant its next turn, if it has a job that waits: at once where this one goes on.
    fn queue_up(&mut self, tenant: String) {
        let Some(executor) = self.tenants.get_mut(&tenant) else { return };
        match executor.jobs.front().map(|job| job.weight.amount()) {
            None => drop(self.tenants.remove(&tenant)),
            Some(_) if executor.goes_on => self.turns.push_front(tenant),
            Some(weight) => {
                executor.saved = executor.saved.min(weight.max(TURN_BYTES));
                self.turns.push_back(tenant);
            }
        }
    }
}

impl TenantJobs {
    /// The next job, if its turns are worth it.
    fn next(&mut self) -> Option<Job> {
        while self.jobs.pop_front_if(|job| job.came.is_closed()).is_some() {}
        self.jobs.pop_front_if(|job| job.weight.amount() <= self.saved)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use tokio::sync::oneshot;
    use vestibule_ledger::{Owner, Pool, Resource, Share};

    use super::super::{LockKey, WriteOutcome};
    use super::*;

    type Answered = oneshot::Receiver<Result<WriteOutcome, Error>>;

    fn job(tenant: &str, name: &str, bytes: u64) -> (Job, Answered) {
        let pool = Pool::new(Resource::WriteQueue, u64::MAX, Share { most: u64::MAX });
        let (came, comes) = oneshot::channel();
        let weight = pool.take(&Owner::Host, bytes).unwrap();
        (Job { row: LockKey::new(tenant, name), conditions: Vec::new(), writes: Vec::new(), came, weight }, comes)
    }

    fn names(batch: &[Job]) -> Vec<&str> {
        batch.iter().map(|job| job.row.1.as_str()).collect()
    }

    #[tokio::test]
    async fn one_tenants_large_jobs_leave_the_next_batch_to_anothers_small_ones() {
        let line = Line::new();
        let mut answers = Vec::new();
        let mut joins = |tenant, name: &str, bytes| {
            let (job, comes) = job(tenant, name, bytes);
            line.join(job).unwrap();
            answers.push(comes);
        };
        (0..100).for_each(|number| joins("large", &format!("l{number}"), 250_000));
        (0..100).for_each(|number| joins("small", &format!("s{number}"), 1_000));
        let batch = line.next(128).await.unwrap();
        let small = batch.iter().filter(|job| job.row.0 == "small").count();
        assert!(small == 100 && batch.len() <= 104, "{:?}", names(&batch));
    }

    #[tokio::test]
    async fn a_batch_is_bounded_by_jobs_and_by_bytes_and_one_large_job_goes_alone() {
        let line = Line::new();
        let sizes = [4 << 20, 1_000, 600_000, 600_000, 10, 10, 10];
        let (jobs, _answers): (Vec<_>, Vec<_>) =
            sizes.iter().enumerate().map(|(number, bytes)| job("a", &number.to_string(), *bytes)).unzip();
        jobs.into_iter().for_each(|job| line.join(job).unwrap());
        for expected in [vec!["0"], vec!["1", "2"], vec!["3", "4"], vec!["5", "6"]] {
            assert_eq!(names(&line.next(2).await.unwrap()), expected);
        }
    }

    #[tokio::test]
    async fn where_one_goes_at_a_time_tenants_alternate() {
        let line = Line::new();
        let jobs = [("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("b", "b2")];
        let (jobs, _answers): (Vec<_>, Vec<_>) = jobs.iter().map(|(tenant, name)| job(tenant, name, 10)).unzip();
        jobs.into_iter().for_each(|job| line.join(job).unwrap());
        for expected in ["a1", "b1", "a2", "b2", "a3"] {
            assert_eq!(names(&line.next(1).await.unwrap()), [expected]);
        }
    }

    #[tokio::test]
    async fn whoever_has_gone_is_left_out_and_a_closed_line_ends_when_it_is_empty() {
        let line = Line::new();
        let ((gone, nobody), (waits, _comes)) = (job("a", "gone", 1), job("a", "waits", 1));
        drop(nobody);
        line.join(gone).unwrap();
        line.join(waits).unwrap();
        line.close();
        assert_eq!(names(&line.next(9).await.unwrap()), ["waits"]);
        assert!(line.next(9).await.is_none());
        assert!(line.join(job("a", "late", 1).0).is_err());
    }

    proptest! {
        #[test]
        fn every_job_comes_once_and_each_tenants_in_their_order(jobs in vec((0_u8..4, 1_u64..2_000_000), 0..200), at_most in 1_usize..200) {
            let mut waiting = Waiting { closed: false, tenants: HashMap::new(), turns: VecDeque::new() };
            let mut answers = Vec::new();
            for (number, (tenant, bytes)) in jobs.iter().enumerate() {
                let (job, comes) = job(&tenant.to_string(), &format!("{number:05}"), *bytes);
                waiting.join(job);
                answers.push(comes);
            }
            let mut come: HashMap<String, Vec<String>> = HashMap::new();
            loop {
                let batch = waiting.take(at_most);
                if batch.is_empty() { break; }
                let bytes: u64 = batch.iter().map(|job| job.weight.amount()).sum();
                prop_assert!(batch.len() == 1 || (batch.len() <= at_most && bytes <= MAX_BATCH_BYTES));
                for job in batch {
                    come.entry(job.row.0.clone()).or_default().push(job.row.1.clone());
                }
            }
            prop_assert_eq!(come.values().map(Vec::len).sum::<usize>(), jobs.len());
            prop_assert!(come.values().all(|names| names.is_sorted()));
            prop_assert!(waiting.tenants.is_empty() && waiting.turns.is_empty());
        }
    }
}
