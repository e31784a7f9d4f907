//! How versions on trial do, on all hosts together.
//!
//! Not for: what this process has learnt of them; see `trial`.

use std::time::SystemTime;

use vestibule_api::TrialReport;
use vestibule_domain::TenantName;

use crate::trial::Trials;
use crate::{Error, Registry};

impl Registry {
    /// How the version on trial for a policy does.
    ///
    /// # Errors
    /// [`Error::Unknown`] if none is on trial; [`Error::NoTenant`]; [`Error::Damaged`]; the store's.
    pub async fn trial(&self, tenant: &TenantName, policy: &str) -> Result<TrialReport, Error> {
        let unknown = || Error::unknown("trial", policy);
        let (revision, plan) = self.active(tenant).await?.ok_or_else(unknown)?;
        if !plan.0.iter().any(|link| link.policy == policy && link.trial.is_some()) {
            return Err(unknown());
        }
        match self.0.quotas.trials(tenant, revision.number) {
            Some(trials) => trials.report(self.store(), tenant, policy).await,
            None => Trials::new(revision.number).report(self.store(), tenant, policy).await,
        }
    }

    /// Stores what this process has learnt of versions on trial since it did so last, by one change for each tenant with news: what one
    /// of them cannot keep is no other one's. What was learnt of a revision shortly before another one took its place may be lost:
    /// nobody asks for it any more.
    ///
    /// # Errors
    /// The last of the store's. What was not stored is tried again the next time.
    pub async fn keep_trials(&self, now: SystemTime) -> Result<(), Error> {
        let mut all = Ok(());
        for (tenant, trials) in self.0.quotas.with_news() {
            let kept = trials.keep(self.store(), &tenant, now).await;
            all = kept.and(all);
        }
        all
    }
}
