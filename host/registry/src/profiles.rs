//! Users and groups as administrators keep them: one namespace of records, of which some are groups.
//!
//! Not for: what follows from them at a login.

use vestibule_domain::profile::Kind;
use vestibule_domain::{EnteredUser, Properties, Secret, TenantName};
use vestibule_gate::set_password;
use vestibule_store::{By, Edit, ProfileFilter, ProfilePage};

use crate::{Error, Registry};

impl Registry {
    /// The first records that match, at most `count`, or the first after a name.
    ///
    /// # Errors
    /// [`Error::NoTenant`]; the store's.
    pub async fn profiles(
        &self,
        tenant: &TenantName,
        filter: &ProfileFilter,
        count: u32,
        after: Option<&str>,
    ) -> Result<ProfilePage, Error> {
        self.row(tenant).await?;
        Ok(self.store().for_administrators().profiles(tenant, filter, count, after).await?)
    }

    /// One record.
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::Invalid`] if it is of the other kind; the store's.
    pub async fn profile(&self, tenant: &TenantName, kind: Kind, name: &str) -> Result<Properties, Error> {
        self.find(tenant, kind, name).await?.ok_or_else(|| Error::unknown(kind.name(), name))
    }

    /// Sets and removes properties, and makes the record if there is none and something is set.
    ///
    /// # Errors
    /// [`Error::NoTenant`]; [`Error::Unknown`] if there is none and nothing is set; [`Error::Terms`] if it would be one too many;
    /// [`Error::Invalid`]; the store's. Nothing is changed then.
    pub async fn change_profile(
        &self,
        tenant: &TenantName,
        kind: Kind,
        name: &str,
        set: &Properties,
        remove: &[String],
        by: &By,
    ) -> Result<(), Error> {
        let most = self.terms(tenant).await?.profiles;
        let found = self.find(tenant, kind, name).await?;
        if found.is_none() && set.is_empty() && kind == Kind::User {
            return Err(Error::unknown(kind.name(), name));
        }
        if kind == Kind::User && Kind::of(set) == Kind::Group {
            return Err(Error::Invalid("these properties would make a group of a user".to_owned()));
        }
        let mark = kind.marks().iter().find(|(mark, _)| remove.iter().any(|removed| removed == mark));
        if let Some((mark, _)) = mark {
            return Err(Error::Invalid(format!("`{mark}` makes this a group")));
        }
        let mut set = set.clone();
        for (mark, value) in kind.marks() {
            set.set(mark, value).map_err(|error| Error::Invalid(error.to_string()))?;
        }
        Ok(self.store().edit_profile(tenant, name, Edit { set: &set, remove }, most, Some(by)).await?)
    }

    /// Removes a record, and a user's password with it.
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::Invalid`] if it is of the other kind; the store's.
    pub async fn delete_profile(&self, tenant: &TenantName, kind: Kind, name: &str, by: &By) -> Result<(), Error> {
        self.profile(tenant, kind, name).await?;
        self.store().delete_profile(tenant, name, Some(by)).await?;
        Ok(())
    }

    /// Sets a user's local password, which also unlocks the account, and makes the user if there is none.
    ///
    /// # Errors
    /// [`Error::NoTenant`]; [`Error::Password`]; [`Error::Terms`] if the user would be one too many; [`Error::Invalid`] for a name that
    /// is a group's; the store's.
    pub async fn set_password(
        &self,
        tenant: &TenantName,
        user: &EnteredUser,
        password: Secret,
        by: &By,
    ) -> Result<(), Error> {
        let most = self.terms(tenant).await?.profiles;
        self.find(tenant, Kind::User, user.as_str()).await?;
        set_password(self.store(), self.ledger(), tenant, user, password, most, Some(by)).await.map_err(|error| {
            match error {
                vestibule_gate::PasswordError::Store(error) => error.into(),
                error => Error::Password(error),
            }
        })
    }

    /// Removes a user's local password.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is none; the store's.
    pub async fn delete_password(&self, tenant: &TenantName, user: &str, by: &By) -> Result<(), Error> {
        let deleted = self.store().delete_password(tenant, user, Some(by)).await?;
        if deleted { Ok(()) } else { Err(Error::unknown("local password of", user)) }
    }

    async fn find(&self, tenant: &TenantName, kind: Kind, name: &str) -> Result<Option<Properties>, Error> {
        match self.store().profile(tenant, name).await? {
            Some(record) if Kind::of(&record) != kind => {
                let name = vestibule_domain::text::log_text(name, 128);
                Err(Error::Invalid(format!("`{name}` is a {}", Kind::of(&record))))
            }
            record => Ok(record),
        }
    }
}
