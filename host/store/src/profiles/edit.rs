//! Changing single properties, whatever the others are.
//!
//! Not for: logins, whose writes depend on what their policies saw.

use vestibule_domain::{CanonicalUser, Properties, TenantName};

use super::{parse, replace};
use crate::audit::By;
use crate::queue::{Row, Write};
use crate::statement::NewRow;
use crate::{Error, Store};

/// How often a change starts anew because somebody else was faster. Each time, one of those who wait succeeds.
const MAX_TRIES: usize = 64;

impl Store {
    /// Sets properties of a profile, and makes the profile if there is none. Others stay; an empty value is stored as such.
    ///
    /// # Errors
    /// [`Error::Name`] and [`Error::Properties`] if the result could not be stored; [`Error::Contended`]; [`Error::Damaged`];
    /// the database's.
    pub async fn put_properties(
        &self,
        tenant: &TenantName,
        name: &str,
        put: &Properties,
        by: Option<&By>,
    ) -> Result<(), Error> {
        let set = |stored: Option<&Properties>| {
            let stored = stored.cloned().unwrap_or_default();
            Ok(Some(stored.with(put)?))
        };
        let audit = || {
            let names = put.iter().map(|(name, _)| name);
            by.map(|by| by.did(tenant.as_str(), "profile.put", name, &detail(names)))
        };
        self.edit(tenant, name, set, audit).await.map(|_| ())
    }

    /// Removes properties of a profile. Returns how many of them were there. The profile stays.
    ///
    /// # Errors
    /// [`Error::Name`]; [`Error::Contended`]; [`Error::Damaged`]; the database's.
    pub async fn delete_properties(
        &self,
        tenant: &TenantName,
        name: &str,
        names: &[String],
        by: Option<&By>,
    ) -> Result<usize, Error> {
        let rest = |stored: Option<&Properties>| {
            let Some(stored) = stored else { return Ok(None) };
            let rest = stored.filter(|name, _| names.iter().all(|deleted| deleted != name));
            Ok((rest.len() < stored.len()).then_some(rest))
        };
        let audit = || {
            by.map(|by| {
                by.did(tenant.as_str(), "profile.delete-properties", name, &detail(names.iter().map(String::as_str)))
            })
        };
        let Some((before, after)) = self.edit(tenant, name, rest, audit).await? else { return Ok(0) };
        Ok(before.map_or(0, |before| before.len()) - after.len())
    }

    /// Changes a profile to what `change` makes of it, unless that is nothing, and says so in the audit log. Returns what it was
    /// and what it is.
    async fn edit(
        &self,
        tenant: &TenantName,
        name: &str,
        change: impl Fn(Option<&Properties>) -> Result<Option<Properties>, Error>,
        audit: impl Fn() -> Option<NewRow>,
    ) -> Result<Option<(Option<Properties>, Properties)>, Error> {
        CanonicalUser::new(name).map_err(Error::Name)?;
        for _ in 0..MAX_TRIES {
            let text = self.profile_text(tenant, name).await?;
            let before = text.as_deref().map(|text| parse(tenant, name, text)).transpose()?;
            let Some(after) = change(before.as_ref())? else { return Ok(None) };
            let replaced = replace(tenant, name, text.as_deref(), &after);
            let audit = audit().into_iter().map(Write::from).collect();
            if self.0.queue.write_if(Row::new(tenant.as_str(), name), replaced, audit).await? {
                return Ok(Some((before, after)));
            }
        }
        Err(Error::Contended(name.to_owned()))
    }
}

/// Which properties, without their values.
fn detail<'a>(names: impl Iterator<Item = &'a str>) -> String {
    serde_json::json!({ "properties": names.collect::<Vec<_>>() }).to_string()
}
