//! What has changed since somebody looked, so that processes that keep tenants in memory need not look at all of them.
//!
//! Not for: what changed; whoever asks reads the tenant again.

use std::time::Duration;

use tokio::time::timeout;
use vestibule_domain::TenantName;

use crate::database::read;
use crate::queue::LockKey;
use crate::statement::Statement;
use crate::tenants::stored_name;
use crate::{Error, Reader, Store};

const SINCE: &str = "select tenant, stamp from change where stamp > $1 order by stamp";
const LATEST: &str = "select stamp from clock";
const BEAT: &str = "update pulse set beat = beat + 1";
/// What logins write to. Whoever has locked one of these tables locks logins out.
const WRITABLE: &str = "lock table decision, profile, password, challenge, session in row exclusive mode";
/// How long the question may take whether logins can be decided on.
const CHECK_DEADLINE: Duration = Duration::from_secs(2);

impl<R: Reader> Store<R> {
    /// The tenants that were changed after a stamp, each with the stamp of its last change, in that order; deleted ones too.
    /// Who reads a tenant after asking sees that change or a later one.
    ///
    /// # Errors
    /// The database's.
    pub async fn changes_since(&self, stamp: i64) -> Result<Vec<(TenantName, i64)>, Error> {
        let rows: Vec<(String, i64)> = read!(self, None, on => sqlx::query_as(SINCE).bind(stamp).fetch_all(on))?;
        rows.into_iter().map(|(name, stamp)| Ok((stored_name(name)?, stamp))).collect()
    }

    /// Makes sure that logins can be decided on: that what they read can be read, that what they leave behind could be written, by writing
    /// something among it, and that wrong passwords are counted, as far as was tried lately.
    ///
    /// # Errors
    /// The database's; [`Error::Unavailable`] if it takes two seconds, or could not count.
    pub async fn check(&self) -> Result<(), Error> {
        let writes = vec![Statement::locking(WRITABLE).into(), Statement::new(BEAT).into()];
        let check = async {
            self.latest_stamp().await?;
            self.ensure_space().await?;
            self.0.queue.write(LockKey::default(), writes).await
        };
        match timeout(CHECK_DEADLINE, check).await {
            Ok(Ok(_)) if self.0.uncounted.just_failed() => {
                Err(Error::Unavailable("wrong passwords cannot be counted".to_owned()))
            }
            Ok(checked) => checked.map(|_| ()),
            Err(_) => Err(Error::Unavailable(format!("no answer within {} s", CHECK_DEADLINE.as_secs()))),
        }
    }

    /// A stamp that all changes until now are before or at, and all later ones after. Ask for it before reading what is to be
    /// kept in memory.
    ///
    /// # Errors
    /// The database's.
    pub async fn latest_stamp(&self) -> Result<i64, Error> {
        let (stamp,): (i64,) = read!(self, None, on => sqlx::query_as(LATEST).fetch_one(on))?;
        Ok(stamp)
    }
}
