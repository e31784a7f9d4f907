//! Sessions: what a policy wants to know again when its user's tunnel is renewed.
//!
//! Not for: which session a login belongs to; the caller knows its id.

use std::fmt;
use std::time::SystemTime;

use vestibule_domain::TenantName;

use crate::challenges::ensure_fits;
use crate::database::read;
use crate::queue::LockKey;
use crate::statement::Statement;
use crate::time::{from_millis, to_millis};
use crate::{Error, Reader, Store};

const ONE: &str = "
    select user_name, state, expires_ms from session where tenant = $1 and session_id = $2 and expires_ms > $3";
const PUT: &str = "
    insert into session (tenant, session_id, user_name, state, expires_ms) values ($1, $2, $3, $4, $5)
    on conflict (tenant, session_id) do update set
        user_name = excluded.user_name, state = excluded.state, expires_ms = excluded.expires_ms";
const DELETE: &str = "delete from session where tenant = $1 and session_id = $2";

/// What is kept between two logins of one session.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// Its name among the tenant's sessions; there is one of each.
    pub id: String,
    /// Whose it is.
    pub user: String,
    /// At most [`MAX_STATE_BYTES`](crate::MAX_STATE_BYTES). It prints as its size.
    pub state: Vec<u8>,
    /// From when on it is no longer there. Kept to the millisecond.
    pub expires: SystemTime,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("user", &self.user)
            .field("state_bytes", &self.state.len())
            .field("expires", &self.expires)
            .finish()
    }
}

impl Session {
    pub(crate) fn put(&self, tenant: &TenantName) -> Result<Statement, Error> {
        ensure_fits(&self.state)?;
        let statement = Statement::new(PUT).text(tenant.as_str()).text(&self.id).text(&self.user);
        Ok(statement.bytes(&self.state).number(to_millis(self.expires)))
    }
}

impl<R: Reader> Store<R> {
    /// A session that has not expired.
    ///
    /// # Errors
    /// The database's.
    pub async fn session(&self, tenant: &TenantName, id: &str, now: SystemTime) -> Result<Option<Session>, Error> {
        let now = to_millis(now);
        let row: Option<(String, Vec<u8>, i64)> = read!(self, Some(tenant), on => sqlx::query_as(ONE).bind(tenant.as_str()).bind(id).bind(now).fetch_optional(on))?;
        Ok(row.map(|(user, state, expires)| Session { id: id.to_owned(), user, state, expires: from_millis(expires) }))
    }

    /// Ends a session. Returns whether there was one, expired or not.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_session(&self, tenant: &TenantName, id: &str) -> Result<bool, Error> {
        let statement = Statement::new(DELETE).text(tenant.as_str()).text(id);
        let answer = self.0.queue.write_one(LockKey::new(tenant.as_str(), id), statement).await?;
        Ok(answer.rows > 0)
    }
}
