//! What administrators change of profiles, one thing at a time, with room for all of it.

use vestibule_domain::{Properties, TenantName};
use vestibule_store::{By, Edit, Error, Store};

pub(crate) trait Edits {
    async fn put_properties(
        &self,
        tenant: &TenantName,
        name: &str,
        set: &Properties,
        by: Option<&By>,
    ) -> Result<(), Error>;
    async fn delete_properties(
        &self,
        tenant: &TenantName,
        name: &str,
        remove: &[String],
        by: Option<&By>,
    ) -> Result<(), Error>;
}

impl Edits for Store {
    async fn put_properties(
        &self,
        tenant: &TenantName,
        name: &str,
        set: &Properties,
        by: Option<&By>,
    ) -> Result<(), Error> {
        self.edit_profile(tenant, name, Edit { set, remove: &[] }, u32::MAX, by).await
    }

    async fn delete_properties(
        &self,
        tenant: &TenantName,
        name: &str,
        remove: &[String],
        by: Option<&By>,
    ) -> Result<(), Error> {
        self.edit_profile(tenant, name, Edit { set: &Properties::new(), remove }, u32::MAX, by).await
    }
}
