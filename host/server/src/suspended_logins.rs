//! Logins that wait while their front door makes a search for a policy.
//!
//! Not for: searches by the host itself. A login that waits keeps its deadline, and no place; who comes too late finds it decided.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use vestibule_domain::TenantName;
use vestibule_domain::capability::Error;
use vestibule_domain::directory::{Entry, Query};
use vestibule_domain::dn::Dn;
use vestibule_ledger::{Hold, Owner, Pool};
use vestibule_sandbox::capability::{CapabilityFuture, Directory};

use crate::body::Paid;
use crate::problem::{Problem, Result};

/// How long a login may wait for a search.
pub(crate) const SEARCH_PATIENCE: Duration = Duration::from_secs(60);

type Found = std::result::Result<Vec<Entry>, Error>;

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
    fn search<'a>(&'a self, query: &'a Query) -> CapabilityFuture<'a, Found> {
        Box::pin(async move {
            match &self.search_base {
                Some(base) => query.ensure_within(base)?,
                None if query.base.is_some() => return Err(Error::Denied("the search base is not known".to_owned())),
                None => {}
            }
            let gone = || Error::Unavailable("the front door has gone".to_owned());
            let (found, answer) = oneshot::channel();
            self.asks.send(Asked { query: query.clone(), found }).await.map_err(|_| gone())?;
            let found = answer.await.map_err(|_| gone())??;
            if let Some(base) = &self.search_base {
                found.iter().try_for_each(|entry| query.ensure_found(base, entry))?;
            }
            Ok(found)
        })
    }
}

/// A login under way; dropped, nobody waits for it any more, and it is denied.
pub(crate) struct RunningLogin {
    /// One task, which goes with it.
    login: JoinSet<Result<Response>>,
    asked: mpsc::Receiver<Asked>,
    waiting: Option<oneshot::Sender<Found>>,
    /// What was paid for what its searches found.
    paid: Vec<Paid>,
}

/// What comes next of a login.
pub(crate) enum Next {
    Decided(Box<Result<Response>>),
    Search(Query, RunningLogin),
}

impl RunningLogin {
    /// Begins it.
    pub(crate) fn new(
        decide: impl Future<Output = Result<Response>> + Send + 'static,
        asked: mpsc::Receiver<Asked>,
    ) -> Self {
        let mut login = JoinSet::new();
        login.spawn(decide);
        Self { login, asked, waiting: None, paid: Vec::new() }
    }

    /// Whether nobody waits for the search any more: the login was decided without it.
    fn has_ended(&self) -> bool {
        self.waiting.as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    /// Waits for the decision or the next search.
    pub(crate) async fn next(mut self) -> Next {
        tokio::select! {
            biased;
            decided = self.login.join_next() => {
                let decided = decided.and_then(std::result::Result::ok);
                Next::Decided(Box::new(decided.unwrap_or_else(|| Err(broken_off()))))
            }
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
pub(crate) struct SuspendedLogins {
    pool: Pool,
    suspended: Arc<Mutex<Waiting>>,
}

type Waiting = HashMap<(TenantName, String), Suspended>;

struct Suspended {
    login: RunningLogin,
    _hold: Hold,
    /// The one task that lets go of it when the front door's patience ends; it goes with it.
    _timer: JoinSet<()>,
}

impl SuspendedLogins {
    /// None yet; this pool says how many there may be.
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool, suspended: Arc::default() }
    }

    /// Keeps a login until what it waits for comes. Returns what to ask for it by. Those that have ended make room, if there is none.
    pub(crate) fn suspend(&self, tenant: &TenantName, login: RunningLogin) -> Result<String> {
        let hold = self.pool.take(&Owner::from(tenant), 1).or_else(|_| {
            self.suspended.lock().retain(|_, suspended| !suspended.login.has_ended());
            self.pool.take(&Owner::from(tenant), 1)
        })?;
        let id = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 18]>());
        let key = (tenant.clone(), id.clone());
        let mut timer = JoinSet::new();
        timer.spawn(expire(Arc::downgrade(&self.suspended), key.clone()));
        self.suspended.lock().insert(key, Suspended { login, _hold: hold, _timer: timer });
        Ok(id)
    }

    /// Whether a login waits for this.
    pub(crate) fn waits(&self, tenant: &TenantName, id: &str) -> bool {
        self.suspended.lock().contains_key(&(tenant.clone(), id.to_owned()))
    }

    /// Hands over what was found, and what was paid for it. None if no such login waits.
    pub(crate) fn resume(&self, tenant: &TenantName, id: &str, found: Found, paid: Paid) -> Option<RunningLogin> {
        let Suspended { mut login, .. } = self.suspended.lock().remove(&(tenant.clone(), id.to_owned()))?;
        login.paid.push(paid);
        // A login whose time is up has gone on without it.
        let _ = login.waiting.take().map(|waiting| waiting.send(found));
        Some(login)
    }
}

/// Ends the wait for a front door that does not come back.
async fn expire(suspended: Weak<Mutex<Waiting>>, key: (TenantName, String)) {
    tokio::time::sleep(SEARCH_PATIENCE).await;
    if let Some(suspended) = suspended.upgrade() {
        suspended.lock().remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;
    use vestibule_domain::directory::Scope;
    use vestibule_ledger::{Resource, Share};

    use super::*;

    const ALL: u64 = 64;
    const OF_ONE_TENANT: u64 = 8;

    fn logins() -> SuspendedLogins {
        SuspendedLogins::new(Pool::new(Resource::SuspendedLogins, ALL, Share { most: OF_ONE_TENANT }))
    }

    /// A login that waits for a search, and the end of it that hears what was found.
    fn waiting() -> (RunningLogin, oneshot::Receiver<Found>) {
        let (_, asked) = mpsc::channel(1);
        let (found, heard) = oneshot::channel();
        let mut login = RunningLogin::new(std::future::pending(), asked);
        login.waiting = Some(found);
        (login, heard)
    }

    fn suspend(logins: &SuspendedLogins, tenant: &str) -> std::result::Result<oneshot::Receiver<Found>, StatusCode> {
        let (login, heard) = waiting();
        let suspended = logins.suspend(&TenantName::new(tenant).unwrap(), login);
        suspended.map(|_| heard).map_err(|problem| problem.into_response().status())
    }

    fn resume(logins: &SuspendedLogins, tenant: &str, id: &str) -> Option<RunningLogin> {
        logins.resume(&TenantName::new(tenant).unwrap(), id, Ok(Vec::new()), Paid::nothing())
    }

    #[tokio::test]
    async fn a_tenant_suspends_its_share_and_leaves_room_for_others() {
        let logins = logins();
        let suspended: Vec<_> = (0..OF_ONE_TENANT).map(|_| suspend(&logins, "a").unwrap()).collect();
        assert_eq!(suspend(&logins, "a").err(), Some(StatusCode::SERVICE_UNAVAILABLE));
        assert!(suspend(&logins, "b").is_ok());
        drop(suspended);
        assert!(suspend(&logins, "a").is_ok(), "those that have ended make room");
    }

    #[tokio::test]
    async fn many_tenants_suspend_no_more_than_there_is_room_for() {
        let logins = logins();
        let mut suspended: Vec<_> = (0..ALL).map(|at| suspend(&logins, &format!("t{at}")).unwrap()).collect();
        assert_eq!(suspend(&logins, "other").err(), Some(StatusCode::SERVICE_UNAVAILABLE));
        suspended.pop();
        let _last = suspend(&logins, "other").unwrap();
        assert_eq!(suspend(&logins, "another").err(), Some(StatusCode::SERVICE_UNAVAILABLE));
    }

    #[tokio::test]
    async fn an_entry_from_elsewhere_is_not_believed() {
        let search = |dn: &'static str| async move {
            let (door, mut asked) = FrontDoor::new(Some(Dn::parse("dc=example,dc=com").unwrap()));
            let query =
                Query { base: None, scope: Scope::Subtree, filter: "(uid=ann)".to_owned(), attributes: Vec::new() };
            let answer = async {
                let Asked { found, .. } = asked.recv().await.unwrap();
                found.send(Ok(vec![Entry { dn: dn.to_owned(), attributes: Vec::new() }])).unwrap();
            };
            tokio::join!(door.search(&query), answer).0.map(|found| found.len())
        };
        assert_eq!(search("uid=ann,DC=example,DC=com").await, Ok(1));
        assert!(matches!(search("uid=ann,dc=example,dc=org").await, Err(Error::Unavailable(_))));
    }

    #[tokio::test]
    async fn what_was_found_reaches_the_login_of_that_tenant_once() {
        let (logins, tenant) = (logins(), TenantName::new("a").unwrap());
        let (login, heard) = waiting();
        let id = logins.suspend(&tenant, login).unwrap();
        assert!(resume(&logins, "b", &id).is_none());
        assert!(resume(&logins, "a", &id).is_some());
        assert_eq!(heard.await.unwrap().unwrap(), []);
        assert!(resume(&logins, "a", &id).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_come_back_in_time_is_not_waited_for() {
        let (logins, tenant) = (logins(), TenantName::new("a").unwrap());
        let (login, heard) = waiting();
        let id = logins.suspend(&tenant, login).unwrap();
        let gone = tokio::time::timeout(SEARCH_PATIENCE * 2, heard).await.unwrap();
        assert!(gone.is_err());
        assert!(resume(&logins, "a", &id).is_none());
    }

    #[tokio::test]
    async fn a_login_whose_front_door_is_refused_is_not_gone_on_with() {
        let logins = logins();
        let _parked: Vec<_> = (0..OF_ONE_TENANT).map(|_| suspend(&logins, "a").unwrap()).collect();
        let ((_, asked), (goes_on, broken_off)) = (mpsc::channel(1), oneshot::channel::<()>());
        let login = async move {
            std::future::pending::<()>().await;
            let _ = goes_on.send(());
            Err(super::broken_off())
        };
        let mut login = RunningLogin::new(login, asked);
        let (found, _heard) = oneshot::channel();
        login.waiting = Some(found);
        assert!(logins.suspend(&TenantName::new("a").unwrap(), login).is_err());
        assert!(broken_off.await.is_err(), "it is dropped");
    }

    #[tokio::test]
    async fn a_search_that_has_come_leaves_nothing_behind() {
        let (logins, tenant) = (logins(), TenantName::new("a").unwrap());
        for _ in 0..256 {
            let (_, asked) = mpsc::channel(1);
            let id = logins.suspend(&tenant, RunningLogin::new(async { Err(broken_off()) }, asked)).unwrap();
            assert!(resume(&logins, "a", &id).is_some());
        }
        assert_eq!(logins.pool.usage().0, 0);
        // What was ended is cleared away in this task's next pauses, some at a time.
        for _ in 0..256 {
            tokio::task::yield_now().await;
        }
        assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
    }
}
