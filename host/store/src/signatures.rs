//! Who has signed a version: the keys whose signatures over it were found to hold.
//!
//! Not for: verifying one, or who has to have signed; both are the registry's.

use vestibule_domain::TenantName;

use crate::audit::By;
use crate::database::read;
use crate::registry::Change;
use crate::statement::Statement;
use crate::{Error, Store};

const OF_POLICY: &str = "
    select number, signer from version_signature where tenant = $1 and policy = $2 order by number, signer";
const HAS: &str = "
    select number from version_signature join policy_version using (tenant, policy, number)
    where tenant = $1 and policy = $2 and digest = $3 and signer = $4";
const ADD: &str = "
    insert into version_signature (tenant, policy, number, signer)
    select tenant, policy, number, $4 from policy_version where tenant = $1 and policy = $2 and digest = $3";
const AUDIT: &str = "
    insert into audit (tenant, audit_id, at_ms, actor, origin, action, target, detail)
    select $1, $2, $3, $4, $5, $6, policy || ' ' || number, $8 from policy_version
    where tenant = $1 and policy = $7 and digest = $9";

impl Store {
    /// Who has signed which version of a policy: a version's number and a key, as often as there are signatures, in the order of the
    /// numbers.
    ///
    /// # Errors
    /// The database's.
    pub async fn signatures(&self, tenant: &TenantName, policy: &str) -> Result<Vec<(i64, String)>, Error> {
        let rows: Vec<(i64, String)> =
            read!(self, on => sqlx::query_as(OF_POLICY).bind(tenant.as_str()).bind(policy).fetch_all(on))?;
        Ok(rows)
    }

    /// Keeps a signature of a version that was stored before, if this is news and the version is still there.
    pub(crate) async fn sign(
        &self,
        tenant: &TenantName,
        policy: &str,
        digest: &str,
        signer: &str,
        by: &By,
    ) -> Result<(), Error> {
        let has = Statement::returning(HAS).text(tenant.as_str()).text(policy).text(digest).text(signer);
        let change = Change::unmarked().forbids(has, ()).then(added(tenant, policy, digest, signer));
        let detail = serde_json::json!({ "signer": signer }).to_string();
        let audit = by.found(AUDIT, tenant, "policy.version.sign", policy, &detail).text(digest);
        self.change(change.then(audit)).await.map(|_| ())
    }
}

/// Keeps a signature of the version that a component is. By its number another one could be signed: where the policy was deleted and
/// made again meanwhile, numbers begin anew.
pub(crate) fn added(tenant: &TenantName, policy: &str, digest: &str, signer: &str) -> Statement {
    Statement::new(ADD).text(tenant.as_str()).text(policy).text(digest).text(signer)
}
