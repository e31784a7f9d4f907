//! All that a tenant has on record, however many pages that is.

use std::collections::BTreeMap;

use vestibule_domain::profile::Kind;
use vestibule_domain::{Properties, TenantName};
use vestibule_store::{Error, ProfileFilter, Store};

pub(crate) trait Lists {
    /// Users and groups whose names begin with a prefix.
    async fn all_profiles(&self, tenant: &TenantName, prefix: &str) -> Result<BTreeMap<String, Properties>, Error>;
}

impl Lists for Store {
    async fn all_profiles(&self, tenant: &TenantName, prefix: &str) -> Result<BTreeMap<String, Properties>, Error> {
        let mut all = BTreeMap::new();
        for kind in [Kind::User, Kind::Group] {
            let filter = ProfileFilter { kind, prefix: prefix.to_owned() };
            let mut after = None;
            loop {
                let page = self.for_administrators().profiles(tenant, &filter, 1000, after.as_deref()).await?;
                all.extend(page.profiles);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(all)
    }
}
