//! Who reads: logins, or administrators. Each have connections and a deadline of their own, and for whom a handle reads is its type.
//!
//! Not for: what they read; that stands with the tables.

use std::time::Duration;

use tokio::time::timeout;
use vestibule_domain::TenantName;
use vestibule_ledger::{Owner, Refused, Resource, Room, Turn, Turns, Waiting};

use crate::Error;
use crate::database::Database;
use crate::deadlines::{ADMINISTRATOR_DEADLINE, LOGIN_DEADLINE};

/// The most reads of one tenant's administrators at once, where so many places are left, and how many wait for that.
const SHARE: Waiting = Waiting { inside: 4, waiting: 32 };
/// How long one of them waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads for logins: by key, and bounded by what one login needs. They wait for no turn.
#[derive(Debug, Clone, Copy)]
pub struct Logins;

/// Reads for administrators: lists, searches and downloads. Tenants take turns, none has all places, and what takes too long is
/// broken off.
#[derive(Debug, Clone, Copy)]
pub struct Administrators;

/// For whom a [`Store`](crate::Store) reads: [`Logins`] or [`Administrators`].
pub trait Reader: Send + Sync + 'static + sealed::Turned {}

impl Reader for Logins {}
impl Reader for Administrators {}

/// The connections for reading.
pub struct Readers {
    pub(crate) logins: Database,
    pub(crate) administrators: Database,
    pub(crate) turns: Turns,
}

impl Readers {
    /// Administrators have so many places, one for each of their connections.
    pub(crate) fn new(logins: Database, administrators: Database, places: u32) -> Self {
        let turns = Turns::new(Resource::AdministratorReads, places.into(), Room::Left);
        Self { logins, administrators, turns }
    }

    pub(crate) async fn close(&self) {
        self.logins.close().await;
        self.administrators.close().await;
    }

    async fn enter(&self, tenant: Option<&TenantName>) -> Result<Turn, Error> {
        let owner = tenant.map_or(Owner::Host, Owner::from);
        match timeout(PATIENCE, self.turns.enter(&owner, SHARE)).await {
            Ok(turn) => turn.map_err(Error::Busy),
            Err(_) => {
                let (resource, most) = (Resource::AdministratorReads, SHARE.inside);
                Err(Error::Busy(Refused { resource, owner, asked: 1, held: most, most, ever: most }))
            }
        }
    }
}

pub(crate) mod sealed {
    use super::{ADMINISTRATOR_DEADLINE, LOGIN_DEADLINE};
    use super::{Administrators, Database, Duration, Error, Logins, Readers, TenantName, Turn};

    /// How a reader comes to a connection.
    pub trait Turned {
        /// What it holds meanwhile.
        type Turn: Send + Sync;
        /// How long one read may take.
        const DEADLINE: Duration;
        /// Whether SQLite looks at the clock while it reads. It costs a login's read a third of its time.
        const WATCHED: bool;
        fn database(readers: &Readers) -> &Database;
        fn turn(
            readers: &Readers,
            tenant: Option<&TenantName>,
        ) -> impl Future<Output = Result<Self::Turn, Error>> + Send;
    }

    impl Turned for Logins {
        type Turn = ();
        const DEADLINE: Duration = LOGIN_DEADLINE;
        const WATCHED: bool = false;

        fn database(readers: &Readers) -> &Database {
            &readers.logins
        }

        async fn turn(_: &Readers, _: Option<&TenantName>) -> Result<(), Error> {
            Ok(())
        }
    }

    impl Turned for Administrators {
        type Turn = Turn;
        const DEADLINE: Duration = ADMINISTRATOR_DEADLINE;
        const WATCHED: bool = true;

        fn database(readers: &Readers) -> &Database {
            &readers.administrators
        }

        async fn turn(readers: &Readers, tenant: Option<&TenantName>) -> Result<Turn, Error> {
            readers.enter(tenant).await
        }
    }
}
