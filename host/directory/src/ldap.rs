//! An LDAP directory (RFC 4511): who a user is, and what policies may search in it.
//!
//! Not for: group memberships as such; a policy searches for them.

mod answer;
mod authenticate;
pub mod ber;
mod connection;
mod matching;
mod place;
mod pool;
mod request;
mod result_code;
mod search;
pub(crate) mod settings;
mod wire;

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use vestibule_domain::directory::{Entry, Query};
use vestibule_domain::primary::{Cause, Failure, Proven};
use vestibule_domain::{EnteredUser, Secret, capability};
use vestibule_ledger::Owner;

use crate::apart::apart;
use crate::servers::Servers;
use crate::settings::SettingsError;
use connection::Connection;
use place::Place;
use pool::Pool;
use settings::{Checked, LdapSettings};

/// A tenant's directory. Clones share its connections.
#[derive(Clone)]
pub struct Ldap(Arc<Parts>);

struct Parts {
    checked: Checked,
    servers: Servers<Arc<Server>>,
}

/// One server with the connections that are kept to it.
struct Server {
    place: Place,
    pool: Pool<Connection>,
}

impl std::fmt::Debug for Ldap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Ldap").field(&self.0.checked.settings).finish()
    }
}

impl Ldap {
    /// A directory as configured, on behalf of the host itself. Nothing is asked yet.
    ///
    /// # Errors
    /// Names the key whose value cannot be used.
    pub fn new(settings: LdapSettings) -> Result<Self, SettingsError> {
        Self::paid_by(&Owner::Host, settings)
    }

    /// The same, on behalf of an owner who pays for the names that are looked up.
    ///
    /// # Errors
    /// As [`Ldap::new`].
    pub fn paid_by(owner: &Owner, settings: LdapSettings) -> Result<Self, SettingsError> {
        let checked = Checked::new(settings)?;
        let places = Arc::new(Semaphore::new(checked.settings.pool));
        let server =
            |url: &String| Arc::new(Server { place: Place::new(url, owner), pool: Pool::new(Arc::clone(&places)) });
        let servers = Servers::new(checked.settings.servers.iter().map(server).collect::<Vec<_>>());
        Ok(Self(Arc::new(Parts { checked, servers })))
    }

    /// Finds out who a user is by the password. The canonical name is the entry's own spelling.
    ///
    /// # Errors
    /// The user is unknown or ambiguous, the password is another one, the directory rejects the user, or no server answers in time.
    pub async fn authenticate(
        &self,
        user: &EnteredUser,
        password: &Secret,
        deadline: Instant,
    ) -> Result<Proven, Failure> {
        if password.expose().is_empty() {
            return Err(Failure::new(Cause::WrongPassword, "the password is empty"));
        }
        let answered = self.ask(deadline, |parts, server| {
            let (user, password) = (user.clone(), password.clone());
            async move { parts.authenticate_on(&server, &user, &password).await }
        });
        answered.await.unwrap_or_else(|failures| Err(Failure::new(Cause::LdapUnavailable, failures)))
    }

    /// Answers a policy's search, as the service account and within the search base.
    ///
    /// # Errors
    /// Outside the base, without a service account, malformed, more entries than allowed, or no server answers in time.
    pub async fn search(&self, query: &Query, deadline: Instant) -> Result<Vec<Entry>, capability::Error> {
        self.0.ensure_allowed(query)?;
        let answered = self.ask(deadline, |parts, server| {
            let query = query.clone();
            async move { parts.search_on(&server, &query).await }
        });
        answered.await.unwrap_or_else(|failures| Err(capability::Error::Unavailable(failures)))
    }

    /// Asks one server after the other, each in a task of its own and for no longer than one server may take.
    async fn ask<A, F>(&self, deadline: Instant, question: impl Fn(Arc<Parts>, Arc<Server>) -> F) -> Result<A, String>
    where
        A: Send + 'static,
        F: Future<Output = Result<A, String>> + Send + 'static,
    {
        let ask_one = async |server: Arc<Server>| {
            let end = deadline.min(Instant::now() + self.0.checked.timeout());
            let answer = apart(end, question(Arc::clone(&self.0), Arc::clone(&server))).await;
            answer.map_err(|failure| format!("{}: {failure}", server.place.url))
        };
        self.0.servers.ask(deadline, ask_one).await
    }
}
