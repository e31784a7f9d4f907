//! What has changed since somebody looked, so that processes that keep tenants in memory need not look at all of them.
//!
//! Not for: what changed; whoever asks reads the tenant again.

use vestibule_domain::TenantName;

use crate::database::read;
use crate::tenants::stored_name;
use crate::{Error, Store};

const SINCE: &str = "select tenant, stamp from change where stamp > $1 order by stamp";
const LATEST: &str = "select stamp from clock";

impl Store {
    /// The tenants that were changed after a stamp, each with the stamp of its last change, in that order; deleted ones too.
    /// Who reads a tenant after asking sees that change or a later one.
    ///
    /// # Errors
    /// The database's.
    pub async fn changes_since(&self, stamp: i64) -> Result<Vec<(TenantName, i64)>, Error> {
        let rows: Vec<(String, i64)> = read!(self, on => sqlx::query_as(SINCE).bind(stamp).fetch_all(on))?;
        rows.into_iter().map(|(name, stamp)| Ok((stored_name(name)?, stamp))).collect()
    }

    /// A stamp that all changes until now are before or at, and all later ones after. Ask for it before reading what is to be
    /// kept in memory.
    ///
    /// # Errors
    /// The database's.
    pub async fn latest_stamp(&self) -> Result<i64, Error> {
        let (stamp,): (i64,) = read!(self, on => sqlx::query_as(LATEST).fetch_one(on))?;
        Ok(stamp)
    }
}
