//! Reads for logins: those that wait at the same time are answered by one statement.
//!
//! Not for: other reads, which are rarer and go straight to the database.

use std::fmt::Write as _;
use std::mem;
use std::sync::Arc;

use parking_lot::RwLock;
use sqlx::AssertSqlSafe;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::Error;
use crate::bulk::push_place;
use crate::database::{Database, read_from};
use crate::deadlines::LOGIN_DEADLINE;

/// The most logins of one statement; as in [`crate::bulk`], each number of them has a text of its own. A round trip costs little
/// beside so many rows, and while policies decide on them, the next ones are read.
const MAX_LOGINS: usize = 16;
/// How many may wait before callers wait to ask.
const MAX_WAITING: usize = 1024;

/// SQLite reads each row by all of its key, and joins cost a third less than subqueries.
const BY_JOINS: &str = ")
    select login.number, everybody.properties, own.properties, team.properties
    from login
    left join profile as everybody on everybody.tenant = login.tenant and everybody.name = '__DEFAULT__'
    left join profile as own on own.tenant = login.tenant and own.name = login.name
    left join profile as team on team.tenant = login.tenant and team.name = own.conn_group";
/// Joins PostgreSQL may plan otherwise, by a table that was small, and then it reads all users of a tenant for every login.
const BY_SUBQUERIES: &str = ")
    select login.number,
        (select properties from profile where tenant = login.tenant and name = '__DEFAULT__'),
        (select properties from profile where tenant = login.tenant and name = login.name),
        (select properties from profile where tenant = login.tenant and name = (
            select conn_group from profile where tenant = login.tenant and name = login.name))
    from login";

/// The profiles of everybody, of the user, and of the group that the user's own names.
pub(crate) type Texts = (Option<String>, Option<String>, Option<String>);
type Row = (i32, Option<String>, Option<String>, Option<String>);

/// One login's question.
struct Ask {
    tenant: String,
    user: String,
    answer: oneshot::Sender<Result<Texts, Error>>,
}

/// Questions and the tasks that answer them.
pub(crate) struct AskedTogether(RwLock<Option<mpsc::Sender<Ask>>>);

impl AskedTogether {
    /// Starts as many tasks as statements may be under way at once. Fewer make larger statements. They end when this is closed or
    /// dropped.
    pub(crate) fn start(database: &Database, readers: usize) -> Self {
        let (sender, receiver) = mpsc::channel(MAX_WAITING);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..readers {
            tokio::spawn(work(database.clone(), Arc::clone(&receiver)));
        }
        Self(RwLock::new(Some(sender)))
    }

    /// What is on record for one login.
    pub(crate) async fn read(&self, tenant: &str, user: &str) -> Result<Texts, Error> {
        let asks = self.0.read().clone().ok_or(Error::Closed)?;
        let (answer, answered) = oneshot::channel();
        let ask = Ask { tenant: tenant.to_owned(), user: user.to_owned(), answer };
        asks.send(ask).await.map_err(|_| Error::Closed)?;
        answered.await.map_err(|_| Error::Closed)?
    }

    /// Takes no more questions.
    pub(crate) fn close(&self) {
        drop(self.0.write().take());
    }
}

async fn work(database: Database, asks: Arc<Mutex<mpsc::Receiver<Ask>>>) {
    let mut waiting = Vec::new();
    while asks.lock().await.recv_many(&mut waiting, MAX_LOGINS).await > 0 {
        waiting.retain(|ask| !ask.answer.is_closed());
        if !waiting.is_empty() {
            answer(&database, mem::take(&mut waiting)).await;
        }
    }
}

async fn answer(database: &Database, asks: Vec<Ask>) {
    match read(database, &asks).await {
        Ok(mut rows) => {
            rows.sort_unstable_by_key(|(number, ..)| *number);
            for (ask, (_, everybody, own, team)) in asks.into_iter().zip(rows) {
                let _ = ask.answer.send(Ok((everybody, own, team)));
            }
        }
        Err(error) => {
            for ask in asks {
                let _ = ask.answer.send(Err(error.clone()));
            }
        }
    }
}

async fn read(database: &Database, asks: &[Ask]) -> Result<Vec<Row>, Error> {
    let sql = text(asks.len(), database.numbers_places());
    let rows = read_from!(database, LOGIN_DEADLINE, false, on => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql));
        for ask in asks {
            query = query.bind(&ask.tenant).bind(&ask.user);
        }
        query.fetch_all(on)
    })?;
    if rows.len() == asks.len() { Ok(rows) } else { Err(Error::Failed("a login's row is missing".to_owned())) }
}

/// The statement for so many logins: one row for each, whatever is on record. Places are numbered for PostgreSQL.
fn text(logins: usize, numbered: bool) -> String {
    let mut sql = "with login (number, tenant, name) as (values ".to_owned();
    for login in 0..logins {
        let _ = write!(sql, "{}({login}, ", if login == 0 { "" } else { ", " });
        push_place(&mut sql, 2 * login + 1, numbered);
        sql.push_str(", ");
        push_place(&mut sql, 2 * login + 2, numbered);
        sql.push(')');
    }
    sql.push_str(if numbered { BY_SUBQUERIES } else { BY_JOINS });
    sql
}
