//! What administrators do, in few words.

use std::time::Duration;

use vestibule_domain::TenantName;
use vestibule_store::{AddError, Added, By, Error, NewVersion, Room, Store, TenantRow};

use super::at;

/// As much as anybody could want.
pub(crate) const ROOM: Room = Room { bytes: u64::MAX, policies: u32::MAX };

/// Who does it, unless a test is about that.
pub(crate) fn by() -> By {
    By { actor: "ann".to_owned(), origin: "192.0.2.1".to_owned(), at: at(0) }
}

/// A new tenant.
pub(crate) fn listed(name: &TenantName) -> TenantRow {
    TenantRow { name: name.clone(), settings: "{}".to_owned(), terms: "{}".to_owned(), created: at(0) }
}

/// The versions that a revision names.
pub(crate) fn uses(versions: &[(&str, i64)]) -> Vec<(String, i64)> {
    versions.iter().map(|(policy, number)| ((*policy).to_owned(), *number)).collect()
}

fn version<'a>(policy: &'a str, digest: &'a str, source: &'a str, component: &'a [u8]) -> NewVersion<'a> {
    let (manifest, settings, grants, signer) = ("{}", "{}", "{}", None);
    NewVersion { policy, digest, source, component, manifest, settings, grants, signer }
}

/// Does it, and has to succeed.
pub(crate) trait Registers {
    async fn creates(&self, tenant: &TenantName);
    /// Adds a version whose component is its digest. Returns its number.
    async fn adds(&self, tenant: &TenantName, policy: &str, digest: &str) -> i64;
    /// Adds a version as a release of the host does that makes this component of a core module. Returns its number.
    async fn adds_made_of(&self, tenant: &TenantName, policy: &str, module: &[u8], component: &[u8]) -> i64;
    /// Adds a version when fewer than two others of the tenant are being added.
    async fn adds_in_turn(&self, tenant: &TenantName, version: &NewVersion<'_>, room: Room) -> Result<Added, AddError>;
    /// Activates versions in place of whatever is active. Returns the revision's number.
    async fn activates(&self, tenant: &TenantName, versions: &[(&str, i64)]) -> i64;
}

impl Registers for Store {
    async fn creates(&self, tenant: &TenantName) {
        assert_eq!(self.create_tenant(&listed(tenant), &by()).await, Ok(true));
    }

    async fn adds(&self, tenant: &TenantName, policy: &str, digest: &str) -> i64 {
        let version = version(policy, digest, digest, digest.as_bytes());
        self.add_version(tenant, &version, ROOM, &by()).await.unwrap().number
    }

    async fn adds_made_of(&self, tenant: &TenantName, policy: &str, module: &[u8], component: &[u8]) -> i64 {
        let [digest, source] = [component, module].map(vestibule_sandbox::digest);
        let version = version(policy, &digest, &source, component);
        self.add_version(tenant, &version, ROOM, &by()).await.unwrap().number
    }

    async fn adds_in_turn(&self, tenant: &TenantName, version: &NewVersion<'_>, room: Room) -> Result<Added, AddError> {
        loop {
            match self.add_version(tenant, version, room, &by()).await {
                Err(AddError::Store(Error::Busy(_))) => tokio::time::sleep(Duration::from_millis(1)).await,
                added => return added,
            }
        }
    }

    async fn activates(&self, tenant: &TenantName, versions: &[(&str, i64)]) -> i64 {
        let active = self.active_revision(tenant).await.unwrap().map(|revision| revision.number);
        self.activate(tenant, active, "[]", &uses(versions), "", &by()).await.unwrap()
    }
}
