//! Profiles: what is kept for a user, a group or everybody.
//!
//! Not for: precedence between them; that is the gate's.

mod edit;
mod list;
mod replace;

use std::collections::BTreeMap;

use vestibule_domain::{Properties, TenantName, profile};

use crate::audit::By;
use crate::database::read;
use crate::properties::parse;
use crate::queue::LockKey;
use crate::statement::Statement;
use crate::{Error, Reader, Store};

pub use edit::Edit;
pub(crate) use edit::MAX_TRIES;
pub use list::{ProfileFilter, ProfilePage};
pub(crate) use replace::replace;

const ONE: &str = "select properties from profile where tenant = $1 and name = $2";
/// Where all together have too many bytes, there is one row without properties instead.
const GROUPS: &str = "
    with size as (
        select coalesce(sum(octet_length(properties)), 0) as bytes from profile where tenant = $1 and is_group
    )
    select name, properties from size join profile on tenant = $1 and is_group where bytes <= $2
    union all
    select '', null from size where bytes > $2";
/// The most bytes of all groups together that one login looks through.
const MAX_GROUPS_BYTES: i64 = 4 << 20;
const DELETE: &str = "delete from profile where tenant = $1 and name = $2";
/// All of a tenant's are counted for one that is new, and only then: seven milliseconds for 100,000 in SQLite. A column that keeps
/// count would cost every first login more, and make them wait for each other.
const ROOM: &str = "
    select cast(1 as bigint) where case
        when exists (select name from profile where tenant = $1 and name = $2) then true
        else (select count(*) from profile where tenant = $1) < $3
    end";

/// What a tenant has too many of.
const PROFILES: &str = "users and groups";

/// What a login of one user starts from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoginProfiles {
    /// Those of everybody; empty if there is no such profile.
    pub default: Properties,
    /// The user's own; absent if there is no such profile.
    pub user: Option<Properties>,
    /// The group that the user's own `conn_group` names, and its properties, absent if there is no such profile. Absent as a
    /// whole if the user has no own `conn_group`, or an empty one.
    pub group: Option<(String, Option<Properties>)>,
}

impl Store {
    /// Everything that a login of a user starts from, as of one moment.
    ///
    /// # Errors
    /// [`Error::Damaged`] if one of the profiles is; the database's.
    pub async fn login_profiles(&self, tenant: &TenantName, user: &str) -> Result<LoginProfiles, Error> {
        let (default, own, team) = self.0.logins.read(tenant.as_str(), user).await?;
        let default = default.map(|text| parse(tenant, profile::DEFAULT, &text)).transpose()?.unwrap_or_default();
        let user = own.map(|text| parse(tenant, user, &text)).transpose()?;
        let group = user.as_ref().and_then(|user| user.get("conn_group")).filter(|name| !name.is_empty());
        let group = match group {
            Some(name) => {
                let team = team.map(|text| parse(tenant, name, &text)).transpose()?;
                Some((name.to_owned(), team))
            }
            None => None,
        };
        Ok(LoginProfiles { default, user, group })
    }
}

impl<R: Reader> Store<R> {
    /// One profile's properties; absent if there is no such profile.
    ///
    /// # Errors
    /// [`Error::Damaged`]; the database's.
    pub async fn profile(&self, tenant: &TenantName, name: &str) -> Result<Option<Properties>, Error> {
        let text = self.profile_text(tenant, name).await?;
        text.map(|text| parse(tenant, name, &text)).transpose()
    }
}

impl Store {
    /// All profiles that are groups: their `type` is `group`, or their `group_declare` is `true`.
    ///
    /// # Errors
    /// [`Error::Damaged`] if one of them is; [`Error::TooLong`] where they have more than 4 MiB together; the database's.
    pub async fn groups(&self, tenant: &TenantName) -> Result<BTreeMap<String, Properties>, Error> {
        let rows: Vec<(String, Option<String>)> = read!(self, Some(tenant), on => {
            sqlx::query_as(GROUPS).bind(tenant.as_str()).bind(MAX_GROUPS_BYTES).fetch_all(on)
        })?;
        let rows: Option<Vec<_>> = rows.into_iter().map(|(name, text)| Some((name, text?))).collect();
        parse_all(tenant, rows.ok_or(Error::TooLong { what: "groups", most: MAX_GROUPS_BYTES })?)
    }
}

impl<R: Reader> Store<R> {
    /// Deletes a profile together with its password. Returns whether there was one.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_profile(&self, tenant: &TenantName, name: &str, by: Option<&By>) -> Result<bool, Error> {
        let statement = Statement::new(DELETE).text(tenant.as_str()).text(name);
        let audit = by.map(|by| by.did(tenant.as_str(), "profile.delete", name, "").into());
        self.0.queue.write_if(LockKey::new(tenant.as_str(), name), statement, audit.into_iter().collect()).await
    }

    /// A profile as it is stored.
    pub(crate) async fn profile_text(&self, tenant: &TenantName, name: &str) -> Result<Option<String>, Error> {
        let row: Option<(String,)> =
            read!(self, Some(tenant), on => sqlx::query_as(ONE).bind(tenant.as_str()).bind(name).fetch_optional(on))?;
        Ok(row.map(|(text,)| text))
    }
}

/// Returns a row if a profile is there, or may be added because the tenant has fewer than `most`.
///
/// Administrators are asked this, and logins are not. A profile that a login makes is that of a user for whom an authority or the front
/// door vouches: there are as many as people, and no more in a second than logins. Without room, either they would be kept out for what
/// an administrator has added, or let in without what their policy has to remember of them.
fn room(tenant: &TenantName, name: &str, most: u32) -> Statement {
    Statement::returning(ROOM).text(tenant.as_str()).text(name).number(most.into())
}

fn parse_all(
    tenant: &TenantName,
    rows: impl IntoIterator<Item = (String, String)>,
) -> Result<BTreeMap<String, Properties>, Error> {
    rows.into_iter()
        .map(|(name, text)| {
            let properties = parse(tenant, &name, &text)?;
            Ok((name, properties))
        })
        .collect()
}
