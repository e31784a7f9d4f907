//! Commits jobs: those that come together by one transaction, and each alone where one of them spoils that.
//!
//! Not for: which ones come together; see `line`.

use std::ptr;

use sqlx::pool::{Pool, PoolConnection};
use sqlx::{Connection as _, Database};
use tokio::time::{Instant, timeout_at};

use super::job::{Job, Write, WriteOutcome, overdue};
use crate::Error;
use crate::bulk;
use crate::deadlines::{GRACE, WRITE_DEADLINE};
use crate::statement::{Executor, Insert, NewRow, StatementResult};

/// Why a transaction was not committed.
struct Failure {
    error: Error,
    /// Whether one job of several may be the reason, and none of them has been committed.
    by_one: bool,
}

/// Commits jobs together or, if one of them spoils that, each alone. All of it has one deadline: what is not committed by then fails, or a
/// table that somebody has locked would keep those behind it waiting for each of them.
pub(super) async fn settle<DB>(pool: &Pool<DB>, mut batch: Vec<Job>)
where
    DB: Database,
    DB::Connection: Executor<Database = DB>,
{
    let until = Instant::now() + WRITE_DEADLINE + GRACE;
    match commit(pool, &mut batch, until).await {
        Ok(all) => {
            for (job, came) in batch.into_iter().zip(all) {
                let _ = job.came.send(Ok(came));
            }
        }
        Err(failure) if failure.by_one && batch.len() > 1 => {
            tracing::debug!(jobs = batch.len(), error = %failure.error, "writes that failed together are tried one by one");
            for job in batch {
                let mut alone = vec![job];
                let outcome = commit(pool, &mut alone, until).await.map_err(|failure| failure.error);
                if let Some(job) = alone.pop() {
                    let _ = job.came.send(outcome.and_then(|mut came| came.pop().ok_or(Error::Closed)));
                }
            }
        }
        Err(failure) => {
            for job in batch {
                let _ = job.came.send(Err(failure.error.clone()));
            }
        }
    }
}

/// Commits those jobs whose callers still wait when their turn has come, and leaves only these.
async fn commit<DB>(pool: &Pool<DB>, batch: &mut Vec<Job>, until: Instant) -> Result<Vec<WriteOutcome>, Failure>
where
    DB: Database,
    DB::Connection: Executor<Database = DB>,
{
    leave_out_the_gone(batch);
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    if Instant::now() >= until {
        return Err(late());
    }
    let mut connection = timeout_at(until, pool.acquire()).await.map_err(|_| late())?.map_err(together)?;
    let outcome = timeout_at(until, transact(&mut connection, batch)).await.unwrap_or_else(|_| Err(late()));
    if outcome.is_err() {
        // The engine may have rolled back by itself, or an answer may still be under way: the next write begins afresh.
        connection.close_on_drop();
    }
    outcome
}

async fn transact<DB>(connection: &mut PoolConnection<DB>, batch: &mut Vec<Job>) -> Result<Vec<WriteOutcome>, Failure>
where
    DB: Database,
    DB::Connection: Executor<Database = DB>,
{
    // A connection was waited for, and what begins a transaction waits for other processes.
    leave_out_the_gone(batch);
    if is_one_statement(batch) {
        // It needs no transaction around it, and no round trips for that.
        return run(&mut **connection, batch).await.map_err(apart);
    }
    let mut transaction = connection.begin_with(DB::Connection::BEGIN).await.map_err(together)?;
    leave_out_the_gone(batch);
    let all = run(&mut *transaction, batch).await.map_err(apart)?;
    transaction.commit().await.map_err(together)?;
    Ok(all)
}

/// A login whose caller has gone has been denied: nothing is saved for it.
fn leave_out_the_gone(batch: &mut Vec<Job>) {
    batch.retain(|job| !job.came.is_closed());
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
async fn run<C: Executor>(connection: &mut C, batch: &[Job]) -> sqlx::Result<Vec<WriteOutcome>> {
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
    let came = all.map(|((job, conditions), answers)| WriteOutcome {
        held: job.holds(&conditions, conditions.len()),
        answers: conditions.into_iter().chain(answers).flatten().collect(),
    });
    Ok(came.collect())
}

/// Statements in their order, then rows, by one statement for each insert.
async fn run_writes<C: Executor>(
    connection: &mut C,
    writes: Vec<(&Write, &mut Option<StatementResult>)>,
) -> sqlx::Result<()> {
    type Rows<'a> = Vec<(&'a NewRow, &'a mut Option<StatementResult>)>;
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

fn late() -> Failure {
    Failure { error: overdue(), by_one: false }
}

fn together(error: sqlx::Error) -> Failure {
    Failure { error: error.into(), by_one: false }
}

fn apart(error: sqlx::Error) -> Failure {
    let error = Error::from(error);
    Failure { by_one: !error.concerns_every_write(), error }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sqlx::SqlitePool;
    use sqlx::sqlite::SqlitePoolOptions;
    use tokio::sync::oneshot;
    use vestibule_ledger::{Owner, Pool as Bytes, Resource, Share};

    use super::super::LockKey;
    use super::*;
    use crate::statement::Statement;

    type Answered = oneshot::Receiver<Result<WriteOutcome, Error>>;

    static ADD: Insert = Insert { into: "insert into names (name)", columns: 1, on_conflict: "", returns_key: false };
    const SET: &str = "insert into names (name) values ($1)";

    fn job(write: impl Into<Write>) -> (Job, Answered) {
        let pool = Bytes::new(Resource::WriteQueue, u64::MAX, Share { most: u64::MAX });
        let (came, comes) = oneshot::channel();
        let weight = pool.take(&Owner::Host, 1).unwrap();
        (Job { row: LockKey::default(), conditions: Vec::new(), writes: vec![write.into()], came, weight }, comes)
    }

    async fn pool() -> SqlitePool {
        let options = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        let pool = options.connect("sqlite::memory:").await.unwrap();
        sqlx::query("create table names (name text unique)").execute(&pool).await.unwrap();
        pool
    }

    async fn names(pool: &SqlitePool) -> Vec<String> {
        sqlx::query_scalar("select name from names order by name").fetch_all(pool).await.unwrap()
    }

    #[tokio::test]
    async fn for_whoever_goes_while_others_are_written_nothing_is_saved() {
        let pool = pool().await;
        let held = pool.acquire().await.unwrap();
        let [(gone_1, nobody_1), (waits_1, comes_1)] =
            ["gone-1", "waits-1"].map(|name| job(NewRow::of(&ADD).text(name)));
        let [(gone_2, nobody_2), (waits_2, comes_2)] =
            ["gone-2", "waits-2"].map(|name| job(Statement::new(SET).text(name)));
        let go = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            drop((nobody_1, nobody_2, held));
        };
        tokio::join!(settle(&pool, vec![gone_1, waits_1]), settle(&pool, vec![gone_2, waits_2]), go);
        assert!(comes_1.await.unwrap().unwrap().held && comes_2.await.unwrap().unwrap().held);
        assert_eq!(names(&pool).await, ["waits-1", "waits-2"]);
    }
}
