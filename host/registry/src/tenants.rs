//! Tenants: made, changed and removed by the operator.
//!
//! Not for: their users and policies.

use serde::Serialize;
use serde_json::{Map, Value};
use vestibule_api::Terms;
use vestibule_domain::TenantName;
use vestibule_domain::secret::STARS;
use vestibule_gate::{Tenant, TenantSettings};
use vestibule_store::{By, TenantRow};

use crate::{Error, Registry, terms};

/// A tenant as its operator sees it. Secrets of its directories print as stars.
#[derive(Debug, Clone, Serialize)]
pub struct TenantView {
    /// Its name.
    pub name: TenantName,
    /// How its users log in.
    pub settings: TenantSettings,
    /// Whether these settings stand in the configuration file.
    pub in_file: bool,
    /// What it may use.
    pub terms: Terms,
}

/// On whose behalf a tenant is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The host's operator.
    Operator,
    /// The tenant itself.
    Tenant,
}

impl Registry {
    /// Makes a tenant.
    ///
    /// # Errors
    /// [`Error::Exists`]; [`Error::Invalid`] for settings and terms that cannot be; the store's.
    pub async fn create_tenant(
        &self,
        name: &TenantName,
        settings: &Map<String, Value>,
        terms: &Terms,
        by: &By,
    ) -> Result<(), Error> {
        terms::check(terms, self.0.bounds.call_memory_bytes)?;
        let row = TenantRow {
            name: name.clone(),
            settings: checked(name, settings)?,
            terms: terms::write(terms)?,
            created: by.at,
        };
        let new = self.store().create_tenant(&row, by).await?;
        self.0.cache.forget(name);
        if !new {
            return Err(Error::Exists(name.clone()));
        }
        self.store().limit_records(name, terms.record_bytes);
        Ok(())
    }

    /// Makes those tenants that the configuration file names, and the one of a host that serves only one.
    ///
    /// # Errors
    /// The store's.
    pub async fn ensure_tenants(&self, by: &By) -> Result<(), Error> {
        let default = TenantName::default();
        for name in self.0.in_file.keys().chain([&default]) {
            if self.store().tenant(name).await?.is_none() {
                let made = self.create_tenant(name, &Map::new(), &Terms::default(), by).await;
                made.or_else(|error| if matches!(error, Error::Exists(_)) { Ok(()) } else { Err(error) })?;
            }
        }
        Ok(())
    }

    /// One tenant.
    ///
    /// # Errors
    /// [`Error::NoTenant`]; [`Error::Damaged`]; the store's.
    pub async fn tenant(&self, name: &TenantName) -> Result<TenantView, Error> {
        self.view(self.row(name).await?)
    }

    /// Tenants in the order of their names, those after `after`.
    ///
    /// # Errors
    /// [`Error::Damaged`]; the store's.
    pub async fn tenants(&self, after: Option<&TenantName>, count: u32) -> Result<Vec<TenantView>, Error> {
        let rows = self.store().for_administrators().tenants(after.map(TenantName::as_str), count).await?;
        rows.into_iter().map(|row| self.view(row)).collect()
    }

    /// Replaces what is given of a tenant's settings and terms. Only the operator may name files of this host, and, unless the terms
    /// say otherwise, directories that the host connects to.
    ///
    /// # Errors
    /// [`Error::NoTenant`]; [`Error::InFile`]; [`Error::Invalid`]; [`Error::Terms`]; the store's.
    pub async fn set_tenant(
        &self,
        name: &TenantName,
        settings: Option<&Map<String, Value>>,
        terms: Option<&Terms>,
        who: Who,
        by: &By,
    ) -> Result<(), Error> {
        let row = self.row(name).await?;
        if settings.is_some() && self.0.in_file.contains_key(name) {
            return Err(Error::InFile(name.clone()));
        }
        if let (Some(settings), Who::Tenant) = (settings, who) {
            ensure_own(settings, &terms::read(&row.terms)?)?;
        }
        let settings = settings.map(|settings| checked(name, settings)).transpose()?;
        let written = terms
            .map(|terms| terms::check(terms, self.0.bounds.call_memory_bytes).and_then(|()| terms::write(terms)))
            .transpose()?;
        let known = self.store().set_tenant(name, settings.as_deref(), written.as_deref(), by).await?;
        self.0.cache.forget(name);
        if !known {
            return Err(Error::NoTenant(name.clone()));
        }
        if let Some(terms) = terms {
            self.0.quotas.renewed(name, terms);
            self.store().limit_records(name, terms.record_bytes);
        }
        Ok(())
    }

    /// Takes one request, other than a login, that a token of the tenant's makes.
    ///
    /// # Errors
    /// [`Error::Requests`]; [`Error::NoTenant`]; [`Error::Damaged`]; the store's.
    pub async fn take_request(&self, name: &TenantName) -> Result<(), Error> {
        let quota = match self.0.quotas.fresh(name) {
            Some(quota) => quota,
            None => self.0.quotas.renewed(name, &self.terms(name).await?),
        };
        quota.take_request().map_err(Error::Requests)
    }

    /// Removes a tenant with all that is its own: users, policies, decisions, tokens.
    ///
    /// # Errors
    /// [`Error::NoTenant`]; [`Error::InFile`]; the store's.
    pub async fn delete_tenant(&self, name: &TenantName, by: &By) -> Result<(), Error> {
        if self.0.in_file.contains_key(name) {
            return Err(Error::InFile(name.clone()));
        }
        let known = self.store().delete_tenant(name, by).await?;
        self.0.cache.forget(name);
        self.0.quotas.forget(name);
        if known { Ok(()) } else { Err(Error::NoTenant(name.clone())) }
    }

    pub(crate) async fn row(&self, name: &TenantName) -> Result<TenantRow, Error> {
        self.store().tenant(name).await?.ok_or_else(|| Error::NoTenant(name.clone()))
    }

    pub(crate) async fn terms(&self, name: &TenantName) -> Result<Terms, Error> {
        terms::read(&self.row(name).await?.terms)
    }

    fn view(&self, row: TenantRow) -> Result<TenantView, Error> {
        let settings = self.0.settings_of(&row)?;
        let terms = terms::read(&row.terms)?;
        Ok(TenantView { in_file: self.0.in_file.contains_key(&row.name), name: row.name, settings, terms })
    }
}

/// Settings as they are stored, secrets in clear, if a tenant can have them.
fn checked(name: &TenantName, settings: &Map<String, Value>) -> Result<String, Error> {
    let text = Value::Object(settings.clone()).to_string();
    let read: TenantSettings = vestibule_domain::json::object_from_str("settings", &text)
        .map_err(|error| Error::Invalid(error.to_string()))?;
    if text.contains(&format!("\"{STARS}\"")) {
        return Err(Error::Invalid(format!("`{STARS}` stands for a secret that is not shown: give the secret itself")));
    }
    Tenant::new(name.clone(), read).map_err(|error| Error::Invalid(error.to_string()))?;
    Ok(text)
}

/// What a tenant may not say by itself: the host would read its own files, or connect to whatever is named.
fn ensure_own(settings: &Map<String, Value>, terms: &Terms) -> Result<(), Error> {
    for (table, file) in [("ldap", "ca_file"), ("radius", "dictionary")] {
        let Some(given) = settings.get(table) else { continue };
        if !terms.own_directories {
            return Err(Error::Terms(format!("no directories of its own: `{table}` is the operator's to set")));
        }
        if given.get(file).is_some_and(|path| !path.is_null()) {
            return Err(Error::Terms(format!("no files of this host: `{table}.{file}` is the operator's to set")));
        }
    }
    Ok(())
}
