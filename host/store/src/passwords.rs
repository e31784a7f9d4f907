//! Local passwords: their hashes, and how often somebody got one wrong.
//!
//! Not for: hashing and verifying; that is the gate's.

use std::fmt;
use std::time::{Duration, SystemTime};

use vestibule_domain::{CanonicalUser, Properties, TenantName};

use crate::audit::By;
use crate::database::read;
use crate::profiles::MAX_TRIES;
use crate::queue::{LockKey, Write};
use crate::statement::{Statement, StatementResult};
use crate::time::{from_millis, to_millis};
use crate::{Error, Reader, Store};

const ONE: &str = "select hash, failures, locked_until_ms from password where tenant = $1 and name = $2";
const SET: &str = "
    insert into password (tenant, name, hash) select $1, $2, $3 from profile where tenant = $1 and name = $2
    on conflict (tenant, name) do update set hash = excluded.hash, failures = 0, locked_until_ms = null";
const DELETE: &str = "delete from password where tenant = $1 and name = $2";
const COUNT: &str = "
    update password set
        failures = case when locked_until_ms <= $3 then 1 else failures + 1 end,
        locked_until_ms = case
            when locked_until_ms > $3 then locked_until_ms
            when case when locked_until_ms is null then failures + 1 else 1 end >= $4 then $5
        end
    where tenant = $1 and name = $2
    returning locked_until_ms";
const TRY: &str = "
    update password set
        failures = case when locked_until_ms is null then failures + 1 else 1 end,
        locked_until_ms = case when case when locked_until_ms is null then failures + 1 else 1 end >= $4 then $5 end
    where tenant = $1 and name = $2 and (locked_until_ms is null or locked_until_ms <= $3)";
const RESET: &str = "
    update password set failures = 0, locked_until_ms = null
    where tenant = $1 and name = $2 and (failures > 0 or locked_until_ms is not null)";

/// A user's local password.
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    /// The hash, as PHC text. It prints as stars.
    pub hash: String,
    /// Failures since the last success.
    pub failures: u32,
    /// Until when the account is locked; it may be in the past.
    pub locked_until: Option<SystemTime>,
}

/// When an account is locked, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lockout {
    /// The failure that locks it, counted from 1; 0 counts as 1.
    pub after: u32,
    /// How long it stays locked.
    pub lasts: Duration,
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Password")
            .field("hash", &"***")
            .field("failures", &self.failures)
            .field("locked_until", &self.locked_until)
            .finish()
    }
}

impl Store {
    /// A user's local password, if there is one.
    ///
    /// # Errors
    /// The database's.
    pub async fn password(&self, tenant: &TenantName, user: &str) -> Result<Option<Password>, Error> {
        let row: Option<(String, i64, Option<i64>)> =
            read!(self, Some(tenant), on => sqlx::query_as(ONE).bind(tenant.as_str()).bind(user).fetch_optional(on))?;
        Ok(row.map(|(hash, failures, locked_until)| Password {
            hash,
            failures: u32::try_from(failures).unwrap_or(u32::MAX),
            locked_until: locked_until.map(from_millis),
        }))
    }
}

impl<R: Reader> Store<R> {
    /// Sets a user's password, forgets its failures and unlocks it. Makes an empty profile if the user has none, and the tenant has
    /// fewer than `most`. Only then it is one of the changes that are made one after another.
    ///
    /// # Errors
    /// [`Error::TooMany`]; [`Error::Name`]; [`Error::Contended`]; the database's.
    pub async fn set_password(
        &self,
        tenant: &TenantName,
        user: &str,
        hash: &str,
        most: u32,
        by: Option<&By>,
    ) -> Result<(), Error> {
        let user = CanonicalUser::new(user).map_err(Error::Name)?;
        let user = user.as_str();
        let set = || Statement::new(SET).text(tenant.as_str()).text(user).text(hash);
        let audit = || by.map(|by| Write::from(by.did(tenant.as_str(), "password.set", user, "")));
        for _ in 0..MAX_TRIES {
            let row = LockKey::new(tenant.as_str(), user);
            if self.write_counted(row, tenant, 0, set(), audit().into_iter().collect()).await? {
                return Ok(());
            }
            let writes = [Write::from(set())].into_iter().chain(audit()).collect();
            if self.add_profile(tenant, user, &Properties::new(), most, writes).await? {
                return Ok(());
            }
        }
        Err(Error::Contended(user.to_owned()))
    }

    /// Deletes a user's password; the profile stays. Returns whether there was one.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_password(&self, tenant: &TenantName, user: &str, by: Option<&By>) -> Result<bool, Error> {
        let statement = Statement::new(DELETE).text(tenant.as_str()).text(user);
        let audit = by.map(|by| by.did(tenant.as_str(), "password.delete", user, "").into());
        self.0.queue.write_if(LockKey::new(tenant.as_str(), user), statement, audit.into_iter().collect()).await
    }

    /// Counts a failure. Returns until when the account is locked, by this failure or an earlier one. An expired lock counts
    /// afresh, from 1. A user without a local password has nothing to count.
    ///
    /// # Errors
    /// The database's.
    pub async fn count_failure(
        &self,
        tenant: &TenantName,
        user: &str,
        now: SystemTime,
        lockout: &Lockout,
    ) -> Result<Option<SystemTime>, Error> {
        let count = lockout.applied(Statement::returning(COUNT), tenant, user, now);
        Ok(self.counted(tenant, user, count).await?.number.map(from_millis))
    }

    /// Counts a try as a failure before it is made, so that many at once are no more than one after the other. Returns whether it
    /// may be made: not if the account is locked, or there is none. A success takes it back by
    /// [`Effects::forgiven`](crate::Effects::forgiven).
    ///
    /// # Errors
    /// The database's.
    pub async fn count_try(
        &self,
        tenant: &TenantName,
        user: &str,
        now: SystemTime,
        lockout: &Lockout,
    ) -> Result<bool, Error> {
        let count = lockout.applied(Statement::new(TRY), tenant, user, now);
        Ok(self.counted(tenant, user, count).await?.rows > 0)
    }

    /// Whether a tenant's failures and tries are counted, as far as is known: not from the first one that this process could not count to
    /// the next one that it could. While they are not, somebody may have guessed as often as they liked.
    pub fn counts_failures(&self, tenant: &TenantName) -> bool {
        self.0.uncounted.is_clear(tenant)
    }

    async fn counted(&self, tenant: &TenantName, user: &str, count: Statement) -> Result<StatementResult, Error> {
        let counting = self.0.uncounted.count(tenant);
        let answer = self.0.queue.write_one(LockKey::new(tenant.as_str(), user), count).await;
        counting.came(&answer);
        answer
    }
}

impl Lockout {
    /// A statement with the account, the time, and what locks it until when.
    fn applied(&self, statement: Statement, tenant: &TenantName, user: &str, now: SystemTime) -> Statement {
        let until = now.checked_add(self.lasts).map_or(i64::MAX, to_millis);
        let account = statement.text(tenant.as_str()).text(user);
        account.number(to_millis(now)).number(self.after.into()).number(until)
    }
}

/// Forgets a user's failures and unlocks the account.
pub(crate) fn forgive(tenant: &TenantName, user: &str) -> Statement {
    Statement::new(RESET).text(tenant.as_str()).text(user)
}
