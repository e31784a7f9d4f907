//! Tokens: what programs prove themselves with to the administration, each for one tenant, or for the operator.
//!
//! Not for: making, hashing and checking them, or what a scope permits.

use std::fmt;
use std::time::SystemTime;

use vestibule_domain::TenantName;

use crate::audit::{By, OPERATOR, name_of};
use crate::database::read;
use crate::registry::{Change, Outcome};
use crate::statement::Statement;
use crate::tenants::stored_name;
use crate::time::{from_millis, to_millis};
use crate::{Administrators, Error, Reader, Store, tenants};

const ONE: &str = "
    select token_id, tenant, name, hash, scopes, created_ms, expires_ms from token where token_id = $1";
const ALL: &str = "
    select token_id, tenant, name, hash, scopes, created_ms, expires_ms from token where tenant = $1 order by name";
/// A token that is replaced makes room for its own.
const ROOM: &str = "select count(*) from token where tenant = $1 and name <> $2 having count(*) < $3";
const DELETE: &str = "delete from token where tenant = $1 and name = $2";
const ADD: &str = "
    insert into token (token_id, tenant, name, hash, scopes, created_ms, expires_ms)
    values ($1, $2, $3, $4, $5, $6, $7)";

/// A token.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// What it is looked up by; no other token of anybody has it.
    pub id: String,
    /// Whose it is; absent if it is the operator's.
    pub tenant: Option<TenantName>,
    /// Its name among those of the tenant.
    pub name: String,
    /// The hash of what proves it. It prints as stars.
    pub hash: String,
    /// What it may do.
    pub scopes: String,
    /// When it was made. Kept to the millisecond.
    pub created: SystemTime,
    /// From when on it proves nothing. Whoever asks looks at this: it stays until it is deleted.
    pub expires: Option<SystemTime>,
}

impl fmt::Debug for TokenRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRow")
            .field("id", &self.id)
            .field("tenant", &self.tenant)
            .field("name", &self.name)
            .field("hash", &"***")
            .field("scopes", &self.scopes)
            .field("created", &self.created)
            .field("expires", &self.expires)
            .finish()
    }
}

type Columns = (String, String, String, String, String, i64, Option<i64>);

impl TryFrom<Columns> for TokenRow {
    type Error = Error;

    fn try_from((id, tenant, name, hash, scopes, created, expires): Columns) -> Result<Self, Error> {
        let tenant = if tenant == OPERATOR { None } else { Some(stored_name(tenant)?) };
        let (created, expires) = (from_millis(created), expires.map(from_millis));
        Ok(Self { id, tenant, name, hash, scopes, created, expires })
    }
}

impl<R: Reader> Store<R> {
    /// Puts a token, instead of the one of the same tenant and name if there is one. There are at most `most` of the tenant's, or the
    /// operator's; absent: as many as anybody likes.
    ///
    /// # Errors
    /// [`Error::TooMany`]; [`Error::UnknownTenant`]; [`Error::IdUsed`] if another token has the id; the database's.
    pub async fn put_token(&self, token: &TokenRow, most: Option<u32>, by: &By) -> Result<(), Error> {
        let TokenRow { id, tenant, name, hash, scopes, created, expires } = token;
        let owner = name_of(tenant.as_ref());
        let delete = Statement::new(DELETE).text(owner).text(name);
        let add = Statement::new(ADD).text(id).text(owner).text(name).text(hash).text(scopes);
        let add = add.number(to_millis(*created)).maybe_number(expires.map(to_millis));
        let change = match tenant {
            Some(tenant) => Change::unmarked(owner).needs(tenants::known(tenant), Error::UnknownTenant(tenant.clone())),
            None => Change::unmarked(owner),
        };
        let change = match most {
            Some(most) => {
                let room = Statement::returning(ROOM).text(owner).text(name).number(most.into());
                change.needs(room, Error::TooMany { most, what: "tokens" })
            }
            None => change,
        };
        let change = change.then(delete).then(add).then(by.did(owner, "token.put", name, ""));
        match self.change(change).await? {
            Outcome::Done(_) => Ok(()),
            Outcome::Stopped(error, _) => Err(error),
        }
    }

    /// A token of whomever, if there is one of that id; an expired one, too.
    ///
    /// # Errors
    /// The database's.
    pub async fn token(&self, id: &str) -> Result<Option<TokenRow>, Error> {
        let row: Option<Columns> = read!(self, None, on => sqlx::query_as(ONE).bind(id).fetch_optional(on))?;
        row.map(TokenRow::try_from).transpose()
    }
}

impl Store<Administrators> {
    /// The tokens of a tenant, or the operator's, by name.
    ///
    /// # Errors
    /// The database's.
    pub async fn tokens(&self, tenant: Option<&TenantName>) -> Result<Vec<TokenRow>, Error> {
        let rows: Vec<Columns> = read!(self, tenant, on => sqlx::query_as(ALL).bind(name_of(tenant)).fetch_all(on))?;
        rows.into_iter().map(TokenRow::try_from).collect()
    }
}

impl<R: Reader> Store<R> {
    /// Deletes a token of a tenant, or of the operator. Returns whether there was one of that name.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_token(&self, tenant: Option<&TenantName>, name: &str, by: &By) -> Result<bool, Error> {
        let owner = name_of(tenant);
        let change = Change::unmarked(owner).needs(Statement::new(DELETE).text(owner).text(name), ());
        let change = change.then(by.did(owner, "token.delete", name, ""));
        Ok(self.change(change.only_deletes()).await?.is_done())
    }
}
