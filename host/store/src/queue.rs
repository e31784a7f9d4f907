//! The way of every write: what waits together is committed together, so that many logins share one wait for the disk.
//!
//! Not for: order between calls that do not wait for each other.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use std::{mem, ptr, slice};

use sqlx::pool::{Pool, PoolConnection};
use sqlx::{Connection as _, Database};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::Error;
use crate::bulk;
use crate::statement::{Answer, Insert, NewRow, Runs, Statement};

/// The most jobs in one transaction: enough to make the wait for the disk small beside the work.
const MAX_BATCH: usize = 128;
/// How many jobs may wait before callers wait to hand theirs in.
const MAX_WAITING: usize = 1024;
/// How long one transaction may take.
const WRITE_DEADLINE: Duration = Duration::from_secs(20);

/// What takes effect together or not at all.
struct Job {
    row: Row,
    work: Work,
    answer: oneshot::Sender<Result<Vec<Answer>, Error>>,
}

enum Work {
    Statements(Vec<Statement>),
    /// One row, which goes by one statement with other rows of the same insert.
    NewRow(NewRow),
}

impl Job {
    /// The row of an insert that is all of the job, if it is one.
    fn row_of(&self, insert: &'static Insert) -> Option<&NewRow> {
        match &self.work {
            Work::NewRow(row) => Some(row).filter(|row| ptr::eq(row.insert(), insert)),
            Work::Statements(_) => None,
        }
    }
}

/// The row that a job locks: tenant and name. Transactions that lock rows in this order do not wait for each other in a circle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Row(String, String);

impl Row {
    pub(crate) fn new(tenant: &str, name: &str) -> Self {
        Self(tenant.to_owned(), name.to_owned())
    }
}

/// Jobs and the tasks that commit them.
pub(crate) struct Queue {
    jobs: RwLock<Option<mpsc::Sender<Job>>>,
    workers: Mutex<JoinSet<()>>,
}

impl Queue {
    /// Starts as many tasks as transactions may be open at once. They end when the queue is dropped and empty.
    pub(crate) fn start<DB>(pool: &Pool<DB>, workers: usize) -> Self
    where
        DB: Database,
        DB::Connection: Runs<Database = DB>,
    {
        let (sender, receiver) = mpsc::channel(MAX_WAITING);
        let receiver = Arc::new(Mutex::new(receiver));
        // A join set aborts its tasks when it is dropped; these have to finish what they began.
        let mut tasks = JoinSet::new();
        for _ in 0..workers {
            let task = tokio::spawn(work(pool.clone(), Arc::clone(&receiver)));
            tasks.spawn(async move {
                let _ = task.await;
            });
        }
        Self { jobs: RwLock::new(Some(sender)), workers: Mutex::new(tasks) }
    }

    /// Runs statements in one transaction, and returns what came of each when that is committed.
    ///
    /// The transaction is shared with other jobs, but the fate is not. A job whose caller has gone before it began is left out:
    /// its login has been denied.
    pub(crate) async fn write(&self, row: Row, statements: Vec<Statement>) -> Result<Vec<Answer>, Error> {
        self.hand_in(row, Work::Statements(statements)).await
    }

    /// Runs one statement.
    pub(crate) async fn write_one(&self, row: Row, statement: Statement) -> Result<Answer, Error> {
        let answers = self.write(row, vec![statement]).await?;
        answers.first().copied().ok_or(Error::Closed)
    }

    /// Inserts one row.
    pub(crate) async fn insert(&self, row: Row, new: NewRow) -> Result<Answer, Error> {
        let answers = self.hand_in(row, Work::NewRow(new)).await?;
        answers.first().copied().ok_or(Error::Closed)
    }

    async fn hand_in(&self, row: Row, work: Work) -> Result<Vec<Answer>, Error> {
        let jobs = self.jobs.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or(Error::Closed)?;
        let (answer, answered) = oneshot::channel();
        jobs.send(Job { row, work, answer }).await.map_err(|_| Error::Closed)?;
        answered.await.map_err(|_| Error::Closed)?
    }

    /// Takes no more jobs, and waits until those taken are done.
    pub(crate) async fn close(&self) {
        drop(self.jobs.write().unwrap_or_else(PoisonError::into_inner).take());
        let mut workers = self.workers.lock().await;
        while workers.join_next().await.is_some() {}
    }
}

async fn work<DB>(pool: Pool<DB>, jobs: Arc<Mutex<mpsc::Receiver<Job>>>)
where
    DB: Database,
    DB::Connection: Runs<Database = DB>,
{
    let mut batch = Vec::new();
    while jobs.lock().await.recv_many(&mut batch, MAX_BATCH).await > 0 {
        batch.retain(|job| !job.answer.is_closed());
        batch.sort_by(|one, other| one.row.cmp(&other.row));
        settle(&pool, mem::take(&mut batch)).await;
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
        Ok(answers) => {
            for (job, answers) in batch.into_iter().zip(answers) {
                let _ = job.answer.send(Ok(answers));
            }
        }
        Err(failure) if failure.by_one && batch.len() > 1 => {
            tracing::debug!(jobs = batch.len(), error = %failure.error, "writes that failed together are tried one by one");
            for job in batch {
                let answers = commit(pool, slice::from_ref(&job)).await.map_err(|failure| failure.error);
                let _ = job.answer.send(answers.map(|answers| answers.into_iter().flatten().collect()));
            }
        }
        Err(failure) => {
            for job in batch {
                let _ = job.answer.send(Err(failure.error.clone()));
            }
        }
    }
}

async fn commit<DB>(pool: &Pool<DB>, batch: &[Job]) -> Result<Vec<Vec<Answer>>, Failure>
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

async fn transact<DB>(connection: &mut PoolConnection<DB>, batch: &[Job]) -> Result<Vec<Vec<Answer>>, Failure>
where
    DB: Database,
    DB::Connection: Runs<Database = DB>,
{
    if let Some(answers) = alone(connection, batch).await {
        return answers;
    }
    let mut transaction = connection.begin_with(DB::Connection::BEGIN).await.map_err(together)?;
    let mut answers: Vec<Vec<Answer>> = batch.iter().map(|_| Vec::new()).collect();
    for (job, of_job) in batch.iter().zip(&mut answers) {
        let Work::Statements(statements) = &job.work else { continue };
        for statement in statements {
            of_job.push(transaction.run(statement).await.map_err(apart)?);
        }
    }
    insert_rows(&mut *transaction, batch, &mut answers).await.map_err(apart)?;
    transaction.commit().await.map_err(together)?;
    Ok(answers)
}

/// What one statement does needs no transaction around it, and no round trips for that.
async fn alone<DB>(connection: &mut PoolConnection<DB>, batch: &[Job]) -> Option<Result<Vec<Vec<Answer>>, Failure>>
where
    DB: Database,
    DB::Connection: Runs<Database = DB>,
{
    let (first, others) = batch.split_first()?;
    let answers = match &first.work {
        Work::NewRow(row) if batch.len() <= bulk::MAX_ROWS => {
            let rows = batch.iter().map(|job| job.row_of(row.insert())).collect::<Option<Vec<_>>>()?;
            let inserted = bulk::insert(&mut **connection, row.insert(), &rows).await;
            inserted.map(|answers| answers.into_iter().map(|answer| vec![answer]).collect())
        }
        Work::Statements(statements) if others.is_empty() => {
            let [only] = statements.as_slice() else { return None };
            connection.run(only).await.map(|answer| vec![vec![answer]])
        }
        _ => return None,
    };
    Some(answers.map_err(apart))
}

/// Jobs that are nothing but one row of an insert, by one statement for each insert.
async fn insert_rows<C: Runs>(connection: &mut C, batch: &[Job], answers: &mut [Vec<Answer>]) -> sqlx::Result<()> {
    type Rows<'a> = Vec<(&'a NewRow, &'a mut Vec<Answer>)>;
    let mut inserts: Vec<(&'static Insert, Rows<'_>)> = Vec::new();
    for (job, of_job) in batch.iter().zip(answers) {
        let Work::NewRow(row) = &job.work else { continue };
        match inserts.iter_mut().find(|(known, _)| ptr::eq(*known, row.insert())) {
            Some((_, rows)) => rows.push((row, of_job)),
            None => inserts.push((row.insert(), vec![(row, of_job)])),
        }
    }
    for (insert, rows) in inserts {
        let statements: Vec<_> = rows.iter().map(|(row, _)| *row).collect();
        let inserted = bulk::insert(connection, insert, &statements).await?;
        rows.into_iter().zip(inserted).for_each(|((_, of_job), answer)| of_job.push(answer));
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
