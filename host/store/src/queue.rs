//! The way of every write: what waits together is committed together, so that many logins share one wait for the disk.
//!
//! Not for: order between calls that do not wait for each other, and whose turn it is; see `line`.

mod line;

use std::sync::Arc;
use std::time::Duration;
use std::{ptr, slice};

use sqlx::pool::{Pool, PoolConnection};
use sqlx::{Connection as _, Database};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;
use vestibule_domain::TenantName;
use vestibule_ledger::{Hold, Owner, Pool as Bytes, Resource, Share};

use crate::Error;
use crate::bulk;
use crate::statement::{Answer, Insert, NewRow, Runs, Statement};
use line::Line;

/// The most jobs in one transaction of logins: enough to make the wait for the disk small beside the work.
pub(crate) const MAX_BATCH: usize = 128;
/// How long one transaction may take.
pub(crate) const WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// What a job weighs besides its values.
const JOB_BYTES: usize = 256;
/// What may wait to be written or be under way, in bytes, and what of it for one tenant: ten of the largest logins' effects.
const WAITING: (u64, u64) = (64 << 20, 16 << 20);

/// What takes effect together or not at all.
struct Job {
    row: Row,
    /// Asked one after another. At the first that does not hold, the rest is left out.
    conditions: Vec<Condition>,
    writes: Vec<Write>,
    came: oneshot::Sender<Result<Came, Error>>,
    /// What it takes of what may wait.
    weight: Hold,
}

/// What came of a job.
#[derive(Debug)]
pub(crate) struct Came {
    /// Whether all of its conditions held, and the rest was written.
    pub(crate) held: bool,
    /// What came of each condition that was asked, and then of each write.
    pub(crate) answers: Vec<Answer>,
}

impl Job {
    /// Whether so many of its conditions hold.
    fn holds(&self, answers: &[Option<Answer>], first: usize) -> bool {
        let mut asked = self.conditions.iter().zip(answers).take(first);
        asked.all(|(condition, answer)| answer.is_some_and(|answer| condition.holds(&answer)))
    }
}

/// One thing to write.
pub(crate) enum Write {
    Statement(Statement),
    /// A row that goes by one statement with other rows of the same insert.
    NewRow(NewRow),
}

impl Write {
    fn bytes(&self) -> usize {
        match self {
            Self::Statement(statement) => statement.weight(),
            Self::NewRow(row) => row.weight(),
        }
    }
}

impl From<Statement> for Write {
    fn from(statement: Statement) -> Self {
        Self::Statement(statement)
    }
}

impl From<NewRow> for Write {
    fn from(row: NewRow) -> Self {
        Self::NewRow(row)
    }
}

/// What has to be so for the rest of a job to be written.
pub(crate) struct Condition {
    write: Write,
    /// Whether it has to change or return a row, or must not.
    row: bool,
}

impl Condition {
    /// Holds if this changes or returns a row.
    pub(crate) fn some(write: impl Into<Write>) -> Self {
        Self { write: write.into(), row: true }
    }

    /// Holds if this changes or returns none.
    pub(crate) fn none(write: impl Into<Write>) -> Self {
        Self { write: write.into(), row: false }
    }

    fn bytes(&self) -> usize {
        self.write.bytes()
    }

    const fn holds(&self, answer: &Answer) -> bool {
        (answer.rows > 0) == self.row
    }
}

/// The row that a job locks: tenant and name. Transactions that lock rows in this order do not wait for each other in a circle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Row(String, String);

impl Row {
    pub(crate) fn new(tenant: &str, name: &str) -> Self {
        Self(tenant.to_owned(), name.to_owned())
    }

    fn owner(&self) -> Owner {
        TenantName::new(self.0.as_str()).map_or(Owner::Host, Owner::Tenant)
    }
}

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
        DB::Connection: Runs<Database = DB>,
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

    /// What may wait, in all queues.
    pub(crate) const fn room(&self) -> &Bytes {
        &self.room
    }

    /// Writes all of it or nothing, and returns what came of each when that is committed.
    ///
    /// The transaction is shared with other jobs, but the fate is not. A job whose caller has gone before it began is left out:
    /// its login has been denied.
    pub(crate) async fn write(&self, row: Row, writes: Vec<Write>) -> Result<Vec<Answer>, Error> {
        Ok(self.write_when(row, Vec::new(), writes).await?.answers)
    }

    /// Writes one thing.
    pub(crate) async fn write_one(&self, row: Row, write: impl Into<Write>) -> Result<Answer, Error> {
        let came = self.write_when(row, Vec::new(), vec![write.into()]).await?;
        came.answers.first().copied().ok_or(Error::Closed)
    }

    /// Writes all of it if the condition changes a row, or nothing. Returns whether it did.
    pub(crate) async fn write_if(
        &self,
        row: Row,
        condition: impl Into<Write>,
        writes: Vec<Write>,
    ) -> Result<bool, Error> {
        Ok(self.write_when(row, vec![Condition::some(condition)], writes).await?.held)
    }

    /// Writes all of it if all conditions hold, or stops at the first that does not.
    ///
    /// # Errors
    /// [`Error::Busy`] if as much waits of this tenant as may.
    pub(crate) async fn write_when(
        &self,
        row: Row,
        conditions: Vec<Condition>,
        writes: Vec<Write>,
    ) -> Result<Came, Error> {
        let bytes = conditions.iter().map(Condition::bytes).chain(writes.iter().map(Write::bytes)).sum::<usize>();
        let weight = self.room.take(&row.owner(), (bytes + JOB_BYTES) as u64)?;
        let (came, comes) = oneshot::channel();
        self.line.join(Job { row, conditions, writes, came, weight })?;
        comes.await.map_err(|_| Error::Closed)?
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
    DB::Connection: Runs<Database = DB>,
{
    while let Some(mut batch) = line.next(at_most).await {
        batch.sort_by(|one, other| one.row.cmp(&other.row));
        settle(&pool, batch).await;
    }
}

/// Why a transaction was not committed.
struct Failure {
    error: Error,
    /// Whether one job of several may be the reason, and none of them has been committed.
    by_one: bool,
}

/// Commits jobs together or, if one of them spoils that, each alone.
async fn settle<DB>(pool: &Pool<DB>, batch: Vec<Job>)
where
    DB: Database,
    DB::Connection: Runs<Database = DB>,
{
    match commit(pool, &batch).await {
        Ok(all) => {
            for (job, came) in batch.into_iter().zip(all) {
                let _ = job.came.send(Ok(came));
            }
        }
        Err(failure) if failure.by_one && batch.len() > 1 => {
            tracing::debug!(jobs = batch.len(), error = %failure.error, "writes that failed together are tried one by one");
            for job in batch {
                let alone = commit(pool, slice::from_ref(&job)).await.map_err(|failure| failure.error);
                let _ = job.came.send(alone.and_then(|mut alone| alone.pop().ok_or(Error::Closed)));
            }
        }
        Err(failure) => {
            for job in batch {
                let _ = job.came.send(Err(failure.error.clone()));
            }
        }
    }
}

async fn commit<DB>(pool: &Pool<DB>, batch: &[Job]) -> Result<Vec<Came>, Failure>
where
    DB: Database,
    DB::Connection: Runs<Database = DB>,
{
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    let mut connection = pool.acquire().await.map_err(together)?;
    let outcome = timeout(WRITE_DEADLINE, transact(&mut connection, batch)).await.unwrap_or_else(|_| {
        let error = Error::Unavailable(format!("no answer within {} s", WRITE_DEADLINE.as_secs()));
        Err(Failure { error, by_one: false })
    });
    if outcome.is_err() {
        // The engine may have rolled back by itself, or an answer may still be under way: the next write begins afresh.
        connection.close_on_drop();
    }
    outcome
}

async fn transact<DB>(connection: &mut PoolConnection<DB>, batch: &[Job]) -> Result<Vec<Came>, Failure>
where
    DB: Database,
    DB::Connection: Runs<Database = DB>,
{
    if is_one_statement(batch) {
        // It needs no transaction around it, and no round trips for that.
        return run(&mut **connection, batch).await.map_err(apart);
    }
    let mut transaction = connection.begin_with(DB::Connection::BEGIN).await.map_err(together)?;
    let all = run(&mut *transaction, batch).await.map_err(apart)?;
    transaction.commit().await.map_err(together)?;
    Ok(all)
}

/// Whether all that jobs write is one statement of its own, or rows that share one.
fn is_one_statement(batch: &[Job]) -> bool {
    let mut writes = batch.iter().flat_map(|job| &job.writes);
    let alone = match writes.next() {
        Some(Write::NewRow(first)) => {
            let rest = writes.map(|write| matches!(write, Write::NewRow(row) if ptr::eq(row.insert(), first.insert())));
            rest.zip(1..).all(|(shares, before)| shares && before < bulk::MAX_ROWS)
        }
        Some(Write::Statement(_)) => writes.next().is_none(),
        None => true,
    };
    alone && batch.iter().all(|job| job.conditions.is_empty())
}

/// First all conditions, in the order of the rows that they lock; then the writes of those jobs whose conditions hold.
async fn run<C: Runs>(connection: &mut C, batch: &[Job]) -> sqlx::Result<Vec<Came>> {
    let mut conditions: Vec<Vec<_>> = batch.iter().map(|job| vec![None; job.conditions.len()]).collect();
    for round in 0..conditions.iter().map(Vec::len).max().unwrap_or_default() {
        let open = batch.iter().zip(&mut conditions).filter(|(job, answers)| job.holds(answers, round));
        let asked =
            open.filter_map(|(job, answers)| Some((&job.conditions.get(round)?.write, answers.get_mut(round)?)));
        run_writes(connection, asked.collect()).await?;
    }

    let mut answers: Vec<Vec<_>> = batch.iter().map(|job| vec![None; job.writes.len()]).collect();
    let all = batch.iter().zip(&conditions).zip(&mut answers);
    let open = all.filter(|((job, conditions), _)| job.holds(conditions, conditions.len()));
    run_writes(connection, open.flat_map(|((job, _), answers)| job.writes.iter().zip(answers)).collect()).await?;

    let all = batch.iter().zip(conditions).zip(answers);
    let came = all.map(|((job, conditions), answers)| Came {
        held: job.holds(&conditions, conditions.len()),
        answers: conditions.into_iter().chain(answers).flatten().collect(),
    });
    Ok(came.collect())
}

/// Statements in their order, then rows, by one statement for each insert.
async fn run_writes<C: Runs>(connection: &mut C, writes: Vec<(&Write, &mut Option<Answer>)>) -> sqlx::Result<()> {
    type Rows<'a> = Vec<(&'a NewRow, &'a mut Option<Answer>)>;
    let mut inserts: Vec<(&'static Insert, Rows<'_>)> = Vec::new();
    for (write, answer) in writes {
        match write {
            Write::Statement(statement) => *answer = Some(connection.run(statement).await?),
            Write::NewRow(row) => match inserts.iter_mut().find(|(known, _)| ptr::eq(*known, row.insert())) {
                Some((_, rows)) => rows.push((row, answer)),
                None => inserts.push((row.insert(), vec![(row, answer)])),
            },
        }
    }
    for (insert, rows) in inserts {
        let (rows, answers): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        let inserted = bulk::insert(connection, insert, &rows).await?;
        answers.into_iter().zip(inserted).for_each(|(answer, inserted)| *answer = Some(inserted));
    }
    Ok(())
}

fn together(error: sqlx::Error) -> Failure {
    Failure { error: error.into(), by_one: false }
}

fn apart(error: sqlx::Error) -> Failure {
    let error = Error::from(error);
    Failure { by_one: !error.concerns_every_write(), error }
}
