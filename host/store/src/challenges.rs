//! Challenges: what a policy has to remember between its question and the answer, for one user, for a while, for one use.
//!
//! Not for: making ids nobody can guess; that is the gate's.

use std::fmt;
use std::time::{Duration, SystemTime};

use vestibule_domain::TenantName;

use crate::database::read;
use crate::error::MAX_STATE_BYTES;
use crate::logs::MAX_DELETED_BYTES;
use crate::queue::LockKey;
use crate::statement::Statement;
use crate::time::to_millis;
use crate::{Error, Store};

/// How long an expired challenge is kept, to tell a late answer from a made-up one.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

const PUT: &str = "
    insert into challenge (tenant, challenge_id, user_name, state, expires_ms) values ($1, $2, $3, $4, $5)";
const CLOSE: &str = "delete from challenge where tenant = $1 and user_name = $2 and not taken";
const ONE: &str = "
    select user_name, state, expires_ms, taken from challenge where tenant = $1 and challenge_id = $2";
/// Not `not taken`: a server may look through all of a tenant's open challenges then, by their own index, instead of for this one.
const TAKE: &str = "
    update challenge set taken = true, state = $3
    where tenant = $1 and challenge_id = $2 and cast(taken as integer) = 0";

/// The oldest of what has expired, as long as they are not too long together: other writes wait meanwhile.
macro_rules! purge {
    ($table:literal, $id:literal) => {
        concat!(
            "
    delete from ",
            $table,
            " where (tenant, ",
            $id,
            ") in (
        select tenant, id from (
            select tenant, id, row_number() over ages as place, sum(length) over ages as total
            from (
                select tenant, ",
            $id,
            " as id, expires_ms, octet_length(state) as length from ",
            $table,
            " where expires_ms < $1 order by expires_ms limit $2
            ) as oldest window ages as (order by expires_ms, tenant, id)
        ) as sized where total <= $3 or place = 1)"
        )
    };
}

const PURGE: [&str; 2] = [purge!("challenge", "challenge_id"), purge!("session", "session_id")];
/// How many go at a time: other writes wait meanwhile.
const PURGED_AT_ONCE: i64 = 1_000;

/// A challenge to remember.
#[derive(Clone, PartialEq, Eq)]
pub struct NewChallenge {
    /// The handle that comes back with the answer.
    pub id: String,
    /// The entered name of the user who was asked.
    pub user: String,
    /// At most [`MAX_STATE_BYTES`]. It prints as its size: it may hold the right answer.
    pub state: Vec<u8>,
    /// From when on no answer counts. Kept to the millisecond.
    pub expires: SystemTime,
    /// Whether the user's open questions are forgotten for it: nobody collects questions to have many answers.
    pub replaces: bool,
}

/// What an answered handle stands for.
#[derive(Clone, PartialEq, Eq)]
pub enum Taken {
    /// The state; from now on the handle is used.
    Valid(Vec<u8>),
    /// No challenge of this tenant, or one purged long ago.
    Unknown,
    /// The answer came too late.
    Expired,
    /// It was answered before.
    Replayed,
    /// Another user was asked, who may still answer.
    Stolen,
}

impl fmt::Debug for NewChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewChallenge")
            .field("id", &self.id)
            .field("user", &self.user)
            .field("state_bytes", &self.state.len())
            .field("expires", &self.expires)
            .field("replaces", &self.replaces)
            .finish()
    }
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Valid(state) => write!(f, "Valid({} bytes)", state.len()),
            Self::Unknown => f.write_str("Unknown"),
            Self::Expired => f.write_str("Expired"),
            Self::Replayed => f.write_str("Replayed"),
            Self::Stolen => f.write_str("Stolen"),
        }
    }
}

impl NewChallenge {
    pub(crate) fn put(&self, tenant: &TenantName) -> Result<impl Iterator<Item = Statement> + use<>, Error> {
        ensure_fits(&self.state)?;
        let close = self.replaces.then(|| Statement::new(CLOSE).text(tenant.as_str()).text(&self.user));
        let put = Statement::new(PUT).text(tenant.as_str()).text(&self.id).text(&self.user);
        Ok(close.into_iter().chain([put.bytes(&self.state).number(to_millis(self.expires))]))
    }
}

impl Store {
    /// Takes a challenge that a user answers. Of all who try, on whatever node, one gets [`Taken::Valid`].
    ///
    /// # Errors
    /// The database's. If it broke while the taking was committed, the challenge may be used up.
    pub async fn take_challenge(
        &self,
        tenant: &TenantName,
        id: &str,
        user: &str,
        now: SystemTime,
    ) -> Result<Taken, Error> {
        let row: Option<(String, Vec<u8>, i64, bool)> =
            read!(self, Some(tenant), on => sqlx::query_as(ONE).bind(tenant.as_str()).bind(id).fetch_optional(on))?;
        let (state, expires) = match row {
            None => return Ok(Taken::Unknown),
            Some((owner, ..)) if owner != user => return Ok(Taken::Stolen),
            Some((.., true)) => return Ok(Taken::Replayed),
            Some((_, state, expires, false)) => (state, expires),
        };
        if expires <= to_millis(now) {
            return Ok(Taken::Expired);
        }
        // The state of a row does not change before it is taken: what was read is what this takes, or somebody else has.
        let statement = Statement::new(TAKE).text(tenant.as_str()).text(id).bytes(&[]);
        let answer = self.0.queue.write_one(LockKey::new(tenant.as_str(), id), statement).await?;
        Ok(if answer.rows == 1 { Taken::Valid(state) } else { Taken::Replayed })
    }

    /// Deletes challenges that expired more than a day ago, expired sessions, and what is left of uploads that were broken off, some at a
    /// time. Returns how many challenges and sessions.
    ///
    /// # Errors
    /// The database's.
    pub async fn purge(&self, now: SystemTime) -> Result<u64, Error> {
        let long_ago = now.checked_sub(KEPT).map_or(0, to_millis);
        let mut all = 0;
        for (sql, before) in PURGE.into_iter().zip([long_ago, to_millis(now).saturating_add(1)]) {
            loop {
                let purge = Statement::new(sql).number(before).number(PURGED_AT_ONCE).number(MAX_DELETED_BYTES);
                let rows = self.0.queue.write_one(LockKey::default(), purge).await?.rows;
                all += rows;
                if rows == 0 {
                    break;
                }
            }
        }
        self.sweep(now).await?;
        Ok(all)
    }
}

pub(crate) fn ensure_fits(state: &[u8]) -> Result<(), Error> {
    if state.len() > MAX_STATE_BYTES { Err(Error::StateTooLarge(state.len())) } else { Ok(()) }
}
