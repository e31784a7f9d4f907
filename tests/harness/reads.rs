//! What administrators read, as tests want it: all at once.

use vestibule_domain::TenantName;
use vestibule_store::{
    AuditRow, DecisionFilter, DecisionRow, Error, Log, PolicyRow, ProfileFilter, ProfilePage, RevisionRow, Store,
    TenantRow, TokenRow, TrialRow, VersionRow,
};

type Result<T> = std::result::Result<T, Error>;

/// A store's lists, read for administrators, and its components as a whole.
pub(crate) trait Reads {
    fn store(&self) -> &Store;

    async fn find_decisions(
        &self,
        tenant: &TenantName,
        filter: &DecisionFilter,
        count: u32,
        before: Option<&str>,
    ) -> Result<Vec<DecisionRow>> {
        Ok(self.store().for_administrators().find_decisions(tenant, filter, count, before).await?.rows)
    }

    async fn decisions_after(&self, tenant: &TenantName, after: &str, count: u32) -> Result<Vec<DecisionRow>> {
        self.store().for_administrators().decisions_after(tenant, after, count).await
    }

    async fn last_audits(
        &self,
        tenant: Option<&TenantName>,
        count: u32,
        before: Option<&str>,
    ) -> Result<Vec<AuditRow>> {
        Ok(self.store().for_administrators().last_audits(tenant, count, before).await?.rows)
    }

    async fn profiles(
        &self,
        tenant: &TenantName,
        filter: &ProfileFilter,
        count: u32,
        after: Option<&str>,
    ) -> Result<ProfilePage> {
        self.store().for_administrators().profiles(tenant, filter, count, after).await
    }

    async fn versions(&self, tenant: &TenantName, policy: &str) -> Result<Vec<VersionRow>> {
        self.store().for_administrators().versions(tenant, policy, 1000, None).await
    }

    async fn revisions(&self, tenant: &TenantName, count: u32, before: Option<i64>) -> Result<Vec<RevisionRow>> {
        self.store().for_administrators().revisions(tenant, count, before).await
    }

    async fn policies(&self, tenant: &TenantName) -> Result<Vec<PolicyRow>> {
        self.store().for_administrators().policies(tenant, 1000, None).await.map(|page| page.rows)
    }

    async fn tokens(&self, tenant: Option<&TenantName>) -> Result<Vec<TokenRow>> {
        self.store().for_administrators().tokens(tenant).await
    }

    async fn tenants(&self, after: Option<&str>, count: u32) -> Result<Vec<TenantRow>> {
        self.store().for_administrators().tenants(after, count).await
    }

    async fn trial(&self, tenant: &TenantName, revision: i64, policy: &str) -> Result<TrialRow> {
        self.store().for_administrators().trial(tenant, revision, policy).await
    }

    async fn secret_names(&self, tenant: &TenantName, policy: &str) -> Result<Vec<(String, std::time::SystemTime)>> {
        self.store().for_administrators().secret_names(tenant, policy).await
    }

    async fn stored_bytes(&self, tenant: &TenantName) -> Result<u64> {
        self.store().for_administrators().stored_bytes(tenant).await
    }

    async fn back(&self, log: Log, tenant: &TenantName, from: &str, rows: u32) -> Result<Option<String>> {
        self.store().for_administrators().back(log, tenant, from, rows).await
    }

    async fn signed(&self, tenant: &TenantName, policy: &str) -> Result<Vec<(i64, String)>> {
        self.store().signatures(tenant, policy, 0..=i64::MAX).await
    }

    async fn whole_component(&self, digest: &str) -> Result<Option<Vec<u8>>> {
        match self.store().component(&super::tenant(), digest).await? {
            Some(component) => component.rest().await.map(Some),
            None => Ok(None),
        }
    }

    async fn whole_component_of(&self, tenant: &TenantName, source: &str) -> Result<Option<Vec<u8>>> {
        match self.store().component_of(tenant, source).await? {
            Some(component) => component.rest().await.map(Some),
            None => Ok(None),
        }
    }
}

impl Reads for Store {
    fn store(&self) -> &Store {
        self
    }
}
