//! Changing single properties, whatever the others are.
//!
//! Not for: logins, whose writes depend on what their policies saw.

use vestibule_domain::{CanonicalUser, Properties, TenantName};

use super::parse;
use crate::{Error, Store};

/// How often a change starts anew because somebody else was faster. Each time, one of those who wait succeeds.
const MAX_TRIES: usize = 64;

impl Store {
    /// Sets properties of a profile, and makes the profile if there is none. Others stay; an empty value is stored as such.
    ///
    /// # Errors
    /// [`Error::Name`] and [`Error::Properties`] if the result could not be stored; [`Error::Contended`]; [`Error::Damaged`];
    /// the database's.
    pub async fn put_properties(&self, tenant: &TenantName, name: &str, put: &Properties) -> Result<(), Error> {
        let set = |stored: Option<&Properties>| {
            let stored = stored.cloned().unwrap_or_default();
            Ok(Some(stored.with(put)?))
        };
        self.edit(tenant, name, set).await.map(|_| ())
    }

    /// Removes properties of a profile. Returns how many of them were there. The profile stays.
    ///
    /// # Errors
    /// [`Error::Name`]; [`Error::Contended`]; [`Error::Damaged`]; the database's.
    pub async fn delete_properties(&self, tenant: &TenantName, name: &str, names: &[String]) -> Result<usize, Error> {
        let rest = |stored: Option<&Properties>| {
            let Some(stored) = stored else { return Ok(None) };
            let rest = stored.filter(|name, _| names.iter().all(|deleted| deleted != name));
            Ok((rest.len() < stored.len()).then_some(rest))
        };
        let Some((before, after)) = self.edit(tenant, name, rest).await? else { return Ok(0) };
        Ok(before.map_or(0, |before| before.len()) - after.len())
    }

    /// Changes a profile to what `change` makes of it, unless that is nothing. Returns what it was and what it is.
    async fn edit(
        &self,
        tenant: &TenantName,
        name: &str,
        change: impl Fn(Option<&Properties>) -> Result<Option<Properties>, Error>,
    ) -> Result<Option<(Option<Properties>, Properties)>, Error> {
        CanonicalUser::new(name).map_err(Error::Name)?;
        for _ in 0..MAX_TRIES {
            let text = self.profile_text(tenant, name).await?;
            let before = text.as_deref().map(|text| parse(tenant, name, text)).transpose()?;
            let Some(after) = change(before.as_ref())? else { return Ok(None) };
            if self.replace(tenant, name, text.as_deref(), &after).await? {
                return Ok(Some((before, after)));
            }
        }
        Err(Error::Contended(name.to_owned()))
    }
}
