//! Logins that wait while their front door makes a search for a policy.
//!
//! Not for: searches by the host itself. A login that waits keeps its place and its deadline; who comes too late finds it decided.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use vestibule_domain::TenantName;
use vestibule_domain::capability::Error;
use vestibule_domain::directory::{Entry, Query};
use vestibule_domain::dn::Dn;
use vestibule_sandbox::capability::{Answer, Directory};

use crate::api::logins::{LoginAnswer, SEARCH_PATIENCE};
use crate::problem::{Problem, Result};

/// Logins that may wait for searches at once.
const MAX_PARKED: usize = 4_096;
/// Those of one tenant.
const MAX_OF_ONE_TENANT: usize = 256;

type Found = std::result::Result<Vec<Entry>, Error>;
type Decided = Result<LoginAnswer>;

/// The directory of a front door, as policies see it.
pub(crate) struct FrontDoor {
    asks: mpsc::Sender<Asked>,
    /// Where the tenant's searches begin, if the front door says so.
    search_base: Option<Dn>,
}

/// A search, and who waits for what it finds.
pub(crate) struct Asked {
    query: Query,
    found: oneshot::Sender<Found>,
}

impl FrontDoor {
    pub(crate) fn new(search_base: Option<Dn>) -> (Self, mpsc::Receiver<Asked>) {
        let (asks, receiver) = mpsc::channel(1);
        (Self { asks, search_base }, receiver)
    }
}

impl Directory for FrontDoor {
    fn search<'a>(&'a self, query: &'a Query) -> Answer<'a, Found> {
        Box::pin(async move {
            match &self.search_base {
                Some(base) => query.ensure_within(base)?,
                None if query.base.is_some() => return Err(Error::Denied("the search base is not known".to_owned())),
                None => {}
            }
            let gone = || Error::Unavailable("the front door has gone".to_owned());
            let (found, answer) = oneshot::channel();
            self.asks.send(Asked { query: query.clone(), found }).await.map_err(|_| gone())?;
            answer.await.map_err(|_| gone())?
        })
    }
}

/// A login under way.
pub(crate) struct Round {
    login: JoinHandle<Decided>,
    asked: mpsc::Receiver<Asked>,
    waiting: Option<oneshot::Sender<Found>>,
}

/// What comes next of a login.
pub(crate) enum Next {
    Decided(Box<Decided>),
    Search(Query, Round),
}

impl Round {
    pub(crate) const fn new(login: JoinHandle<Decided>, asked: mpsc::Receiver<Asked>) -> Self {
        Self { login, asked, waiting: None }
    }

    /// Whether nobody waits for the search any more: the login was decided without it.
    fn has_ended(&self) -> bool {
        self.waiting.as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    /// Waits for the decision or the next search.
    pub(crate) async fn next(mut self) -> Next {
        tokio::select! {
            biased;
            decided = &mut self.login => Next::Decided(Box::new(decided.unwrap_or_else(|_| Err(broken_off())))),
            Some(Asked { query, found }) = self.asked.recv() => {
                self.waiting = Some(found);
                Next::Search(query, self)
            }
        }
    }
}

fn broken_off() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the login was broken off")
}

/// Logins that wait for their front doors.
#[derive(Default)]
pub(crate) struct Rounds(Arc<Mutex<Waiting>>);

type Waiting = HashMap<(TenantName, String), Parked>;

struct Parked {
    round: Round,
    /// The one task that lets go of it when the front door's patience ends; it goes with it.
    _timer: JoinSet<()>,
}

impl Rounds {
    /// Keeps a login until what it waits for comes. Returns what to ask for it by. Those that have ended make room, if there is none.
    pub(crate) fn park(&self, tenant: &TenantName, round: Round) -> Result<String> {
        let id = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 18]>());
        let key = (tenant.clone(), id.clone());
        {
            let mut parked = lock(&self.0);
            if is_full(&parked, tenant) {
                parked.retain(|_, parked| !parked.round.has_ended());
            }
            if is_full(&parked, tenant) {
                let detail = "too many logins wait for searches";
                return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", detail));
            }
            let mut timer = JoinSet::new();
            timer.spawn(let_go(Arc::downgrade(&self.0), key.clone()));
            parked.insert(key, Parked { round, _timer: timer });
        }
        Ok(id)
    }

    /// Hands over what was found. None if no such login waits.
    pub(crate) fn resume(&self, tenant: &TenantName, id: &str, found: Found) -> Option<Round> {
        let Parked { mut round, .. } = lock(&self.0).remove(&(tenant.clone(), id.to_owned()))?;
        // A login whose time is up has gone on without it.
        let _ = round.waiting.take().map(|waiting| waiting.send(found));
        Some(round)
    }
}

/// Ends the wait for a front door that does not come back.
async fn let_go(parked: Weak<Mutex<Waiting>>, key: (TenantName, String)) {
    tokio::time::sleep(SEARCH_PATIENCE).await;
    if let Some(parked) = parked.upgrade() {
        lock(&parked).remove(&key);
    }
}

fn is_full(parked: &Waiting, tenant: &TenantName) -> bool {
    parked.len() >= MAX_PARKED || parked.keys().filter(|(of, _)| of == tenant).count() >= MAX_OF_ONE_TENANT
}

fn lock(parked: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    parked.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;

    use super::*;

    /// A login that waits for a search, and the end of it that hears what was found.
    fn waiting() -> (Round, oneshot::Receiver<Found>) {
        let (_, asked) = mpsc::channel(1);
        let (found, heard) = oneshot::channel();
        let mut round = Round::new(tokio::spawn(std::future::pending()), asked);
        round.waiting = Some(found);
        (round, heard)
    }

    fn park(rounds: &Rounds, tenant: &str) -> std::result::Result<oneshot::Receiver<Found>, StatusCode> {
        let (round, heard) = waiting();
        let parked = rounds.park(&TenantName::new(tenant).unwrap(), round);
        parked.map(|_| heard).map_err(|problem| problem.into_response().status())
    }

    #[tokio::test]
    async fn a_tenant_parks_its_share_and_leaves_room_for_others() {
        let rounds = Rounds::default();
        let parked: Vec<_> = (0..MAX_OF_ONE_TENANT).map(|_| park(&rounds, "a").unwrap()).collect();
        assert_eq!(park(&rounds, "a").err(), Some(StatusCode::SERVICE_UNAVAILABLE));
        assert!(park(&rounds, "b").is_ok());
        drop(parked);
        assert!(park(&rounds, "a").is_ok(), "those that have ended make room");
    }

    #[tokio::test]
    async fn many_tenants_park_no_more_than_there_is_room_for() {
        let rounds = Rounds::default();
        let tenants = MAX_PARKED / MAX_OF_ONE_TENANT;
        let mut parked: Vec<_> =
            (0..MAX_PARKED).map(|at| park(&rounds, &format!("t{}", at % tenants)).unwrap()).collect();
        assert_eq!(park(&rounds, "other").err(), Some(StatusCode::SERVICE_UNAVAILABLE));
        parked.pop();
        let _last = park(&rounds, "other").unwrap();
        assert_eq!(park(&rounds, "other").err(), Some(StatusCode::SERVICE_UNAVAILABLE));
    }

    #[tokio::test]
    async fn what_was_found_reaches_the_login_of_that_tenant_once() {
        let (rounds, tenant) = (Rounds::default(), TenantName::new("a").unwrap());
        let (round, heard) = waiting();
        let id = rounds.park(&tenant, round).unwrap();
        assert!(rounds.resume(&TenantName::new("b").unwrap(), &id, Ok(Vec::new())).is_none());
        assert!(rounds.resume(&tenant, &id, Ok(Vec::new())).is_some());
        assert_eq!(heard.await.unwrap().unwrap(), []);
        assert!(rounds.resume(&tenant, &id, Ok(Vec::new())).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_come_back_in_time_is_not_waited_for() {
        let (rounds, tenant) = (Rounds::default(), TenantName::new("a").unwrap());
        let (round, heard) = waiting();
        let id = rounds.park(&tenant, round).unwrap();
        let gone = tokio::time::timeout(SEARCH_PATIENCE * 2, heard).await.unwrap();
        assert!(gone.is_err());
        assert!(rounds.resume(&tenant, &id, Ok(Vec::new())).is_none());
    }

    #[tokio::test]
    async fn a_search_that_has_come_leaves_nothing_behind() {
        let (rounds, tenant) = (Rounds::default(), TenantName::new("a").unwrap());
        for _ in 0..MAX_OF_ONE_TENANT {
            let (_, asked) = mpsc::channel(1);
            let id = rounds.park(&tenant, Round::new(tokio::spawn(async { Err(broken_off()) }), asked)).unwrap();
            assert!(rounds.resume(&tenant, &id, Ok(Vec::new())).is_some());
        }
        // What was ended is cleared away in this task's next pauses, some at a time.
        for _ in 0..MAX_OF_ONE_TENANT {
            tokio::task::yield_now().await;
        }
        assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
    }
}
