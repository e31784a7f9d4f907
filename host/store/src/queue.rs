//! The way of every write: what waits together is committed together, so that many logins share one wait for the disk.
//!
//! Not for: order between calls that do not wait for each other, and whose turn it is; see `line`.

mod commit;
mod job;
mod line;

use std::sync::Arc;

use sqlx::Database;
use sqlx::pool::Pool;
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;
use vestibule_ledger::{Pool as Bytes, Resource, Share};

use crate::Error;
use crate::deadlines::{GRACE, WRITE_DEADLINE};
use crate::statement::{Executor, StatementResult};
use job::{Job, overdue};
use line::Line;

pub(crate) use job::{Condition, LockKey, Write, WriteOutcome};

/// The most jobs in one transaction of logins: enough to make the wait for the disk small beside the work.
pub(crate) const MAX_BATCH: usize = 128;
/// What a job weighs besides its values.
const JOB_BYTES: usize = 256;
/// What may wait to be written or be under way, in bytes, and what of it for one tenant: ten of the largest logins' effects.
const WAITING: (u64, u64) = (64 << 20, 16 << 20);

/// What may wait to be written, in all queues of a store.
pub(crate) fn waiting() -> Bytes {
    Bytes::new(Resource::WriteQueue, WAITING.0, Share { most: WAITING.1 })
}

/// Jobs and the tasks that commit them.
pub(crate) struct Queue {
    line: Arc<Line>,
    room: Bytes,
    workers: Mutex<JoinSet<()>>,
}

impl Queue {
    /// Starts as many tasks as transactions may be open at once, of so many jobs each. They end when the queue is dropped and
    /// empty. What waits takes of `room`.
    pub(crate) fn start<DB>(pool: &Pool<DB>, workers: usize, batch: usize, room: &Bytes) -> Self
    where
        DB: Database,
        DB::Connection: Executor<Database = DB>,
    {
        let line = Arc::new(Line::new());
        // A join set aborts its tasks when it is dropped; these have to finish what they began.
        let mut tasks = JoinSet::new();
        for _ in 0..workers {
            let task = tokio::spawn(work(pool.clone(), Arc::clone(&line), batch));
            tasks.spawn(async move {
                let _ = task.await;
            });
        }
        Self { line, room: room.clone(), workers: Mutex::new(tasks) }
    }

    /// Writes all of it or nothing, and returns what came of each when that is committed.
    ///
    /// The transaction is shared with other jobs, but the fate is not. A job whose caller has gone before its statements began is left
    /// out: its login has been denied. One whose caller goes later is committed all the same.
    pub(crate) async fn write(&self, row: LockKey, writes: Vec<Write>) -> Result<Vec<StatementResult>, Error> {
        Ok(self.write_when(row, Vec::new(), writes).await?.answers)
    }

    /// Writes one thing.
    pub(crate) async fn write_one(&self, row: LockKey, write: impl Into<Write>) -> Result<StatementResult, Error> {
        let came = self.write_when(row, Vec::new(), vec![write.into()]).await?;
        came.answers.first().copied().ok_or(Error::Closed)
    }

    /// Writes all of it if the condition changes a row, or nothing. Returns whether it did.
    pub(crate) async fn write_if(
        &self,
        row: LockKey,
        condition: impl Into<Write>,
        writes: Vec<Write>,
    ) -> Result<bool, Error> {
        Ok(self.write_when(row, vec![Condition::some(condition)], writes).await?.held)
    }

    /// Writes all of it if all conditions hold, or stops at the first that does not.
    ///
    /// # Errors
    /// [`Error::Busy`] if as much waits of this tenant as may; [`Error::Unavailable`] if it is not written in time: then it is left out,
    /// unless it has begun.
    pub(crate) async fn write_when(
        &self,
        row: LockKey,
        conditions: Vec<Condition>,
        writes: Vec<Write>,
    ) -> Result<WriteOutcome, Error> {
        let bytes = conditions.iter().map(Condition::bytes).chain(writes.iter().map(Write::bytes)).sum::<usize>();
        let weight = self.room.take(&row.owner(), (bytes + JOB_BYTES) as u64)?;
        let (came, comes) = oneshot::channel();
        self.line.join(Job { row, conditions, writes, came, weight })?;
        match timeout(WRITE_DEADLINE + GRACE, comes).await {
            Ok(came) => came.map_err(|_| Error::Closed)?,
            Err(_) => Err(overdue()),
        }
    }

    /// Takes no more jobs, and waits until those taken are done.
    pub(crate) async fn close(&self) {
        self.line.close();
        let mut workers = self.workers.lock().await;
        while workers.join_next().await.is_some() {}
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.line.close();
    }
}

async fn work<DB>(pool: Pool<DB>, line: Arc<Line>, at_most: usize)
where
    DB: Database,
    DB::Connection: Executor<Database = DB>,
{
    while let Some(mut batch) = line.next(at_most).await {
        batch.sort_by(|one, other| one.row.cmp(&other.row));
        commit::settle(&pool, batch).await;
    }
}
