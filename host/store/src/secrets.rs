//! The secrets of a policy: settings that nobody reads back, kept apart from those that everybody does.
//!
//! Not for: encryption. Who can read the database can read them.

use std::time::SystemTime;

use vestibule_domain::{Secret, TenantName};

use crate::audit::By;
use crate::database::read;
use crate::registry::{Change, Outcome};
use crate::statement::{Statement, as_number};
use crate::time::{from_millis, to_millis};
use crate::{Administrators, Error, Reader, Store, policies};

const ALL: &str = "select name, value from policy_secret where tenant = $1 and policy = $2 order by name";
const NAMES: &str = "select name, changed_ms from policy_secret where tenant = $1 and policy = $2 order by name";
const PUT: &str = "
    insert into policy_secret (tenant, policy, name, value, changed_ms) values ($1, $2, $3, $4, $5)
    on conflict (tenant, policy, name) do update set value = excluded.value, changed_ms = excluded.changed_ms";
/// A secret that is replaced makes room for its own.
const ROOM: &str = "
    select count(*) from policy_secret where tenant = $1 and not (policy = $2 and name = $3) having count(*) < $4";
const ROOM_IN_POLICY: &str = "
    select count(*) from policy_secret where tenant = $1 and policy = $2 and name <> $3
    having coalesce(sum(octet_length(value)), 0) <= $4";
/// The most bytes of a policy's secrets together, which are in memory wherever it runs: sixty-four of the largest.
const MAX_BYTES: u32 = 1 << 20;
const DELETE: &str = "delete from policy_secret where tenant = $1 and policy = $2 and name = $3";

/// Why no secret is put.
enum NotPut {
    APolicy,
    Allowed,
    Short,
}

impl<R: Reader> Store<R> {
    /// A policy's secrets by name.
    ///
    /// # Errors
    /// The database's.
    pub async fn secrets(&self, tenant: &TenantName, policy: &str) -> Result<Vec<(String, Secret)>, Error> {
        let rows: Vec<(String, String)> =
            read!(self, Some(tenant), on => sqlx::query_as(ALL).bind(tenant.as_str()).bind(policy).fetch_all(on))?;
        Ok(rows.into_iter().map(|(name, value)| (name, Secret::new(value))).collect())
    }
}

impl Store<Administrators> {
    /// Their names only, and when each was put last.
    ///
    /// # Errors
    /// The database's.
    pub async fn secret_names(&self, tenant: &TenantName, policy: &str) -> Result<Vec<(String, SystemTime)>, Error> {
        let rows: Vec<(String, i64)> =
            read!(self, Some(tenant), on => sqlx::query_as(NAMES).bind(tenant.as_str()).bind(policy).fetch_all(on))?;
        Ok(rows.into_iter().map(|(name, changed)| (name, from_millis(changed))).collect())
    }
}

impl<R: Reader> Store<R> {
    /// Puts a secret, instead of the one of that name if there is one. All policies of a tenant together have at most `most`, and those of
    /// one policy 1 MiB. Returns whether there is such a policy.
    ///
    /// # Errors
    /// [`Error::TooMany`]; the database's.
    pub async fn put_secret(
        &self,
        tenant: &TenantName,
        policy: &str,
        name: &str,
        value: &Secret,
        most: u32,
        by: &By,
    ) -> Result<bool, Error> {
        let put = Statement::new(PUT).text(tenant.as_str()).text(policy).text(name).text(value.expose());
        let room = Statement::returning(ROOM).text(tenant.as_str()).text(policy).text(name).number(most.into());
        let change = Change::of(tenant).needs(policies::known(tenant, policy), NotPut::APolicy);
        let left = i64::from(MAX_BYTES).saturating_sub(as_number(value.expose().len()));
        let short = Statement::returning(ROOM_IN_POLICY).text(tenant.as_str()).text(policy).text(name).number(left);
        let change = change.needs(room, NotPut::Allowed).needs(short, NotPut::Short).then(put.number(to_millis(by.at)));
        let change = change.then(by.did(tenant.as_str(), "policy.secret.put", &format!("{policy} {name}"), ""));
        match self.change(change).await? {
            Outcome::Done(_) => Ok(true),
            Outcome::Stopped(NotPut::APolicy, _) => Ok(false),
            Outcome::Stopped(NotPut::Allowed, _) => Err(Error::TooMany { most, what: "secrets" }),
            Outcome::Stopped(NotPut::Short, _) => {
                Err(Error::TooMany { most: MAX_BYTES, what: "bytes of secrets of a policy" })
            }
        }
    }

    /// Deletes a secret. Returns whether there was one.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_secret(&self, tenant: &TenantName, policy: &str, name: &str, by: &By) -> Result<bool, Error> {
        let delete = Statement::new(DELETE).text(tenant.as_str()).text(policy).text(name);
        let change = Change::of(tenant).needs(delete, ());
        let change = change.then(by.did(tenant.as_str(), "policy.secret.delete", &format!("{policy} {name}"), ""));
        Ok(self.change(change.only_deletes()).await?.is_done())
    }
}
