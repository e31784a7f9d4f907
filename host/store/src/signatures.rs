//! Who has signed a version: the keys whose signatures over it were found to hold.
//!
//! Not for: verifying one, or who has to have signed; both are the registry's.

use std::ops::RangeInclusive;

use vestibule_domain::TenantName;

use crate::audit::By;
use crate::database::read;
use crate::registry::Change;
use crate::statement::{Statement, as_number};
use crate::{Error, Reader, Store};

/// The most signatures of one answer: a page of versions, each signed by ten.
pub const MAX_SIGNATURES: usize = 10_000;

const OF_POLICY: &str = "
    select number, signer from version_signature 
    where tenant = $1 and policy = $2 and number >= $3 and number <= $4 order by number, signer limit $5";
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

impl<R: Reader> Store<R> {
    /// Who has signed which of some versions of a policy: a version's number and a key, as often as there are signatures, in the order of
    /// the numbers, and no more than [`MAX_SIGNATURES`].
    ///
    /// # Errors
    /// The database's.
    pub async fn signatures(
        &self,
        tenant: &TenantName,
        policy: &str,
        numbers: RangeInclusive<i64>,
    ) -> Result<Vec<(i64, String)>, Error> {
        let (first, last) = numbers.into_inner();
        read!(self, Some(tenant), on => {
            let query = sqlx::query_as(OF_POLICY).bind(tenant.as_str()).bind(policy).bind(first).bind(last);
            query.bind(as_number(MAX_SIGNATURES)).fetch_all(on)
        })
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
        let change = Change::unmarked(tenant.as_str()).forbids(has, ()).then(added(tenant, policy, digest, signer));
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
