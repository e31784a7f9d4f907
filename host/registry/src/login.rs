//! One login on its way through the host: its tenant made ready, its turn awaited, decided, and paid for.
//!
//! Not for: deciding; the gate does.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::time::timeout_at;
use vestibule_domain::TenantName;
use vestibule_gate::{Answer, Attempt, Patience};

use crate::busy::Busy;
use crate::registry::Parts;
use crate::tenant_runtime::{Consequence, TenantRuntime};
use crate::{Error, Registry};

/// The longest that a login waits for its tenant to be made ready, as long as the longest login may take.
const LONGEST: Duration = Duration::from_secs(60);

/// Why a login was not begun.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// No such tenant.
    #[error("there is no tenant `{0}`")]
    NoTenant(TenantName),
    /// Too much at once.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The tenant could not be made ready, which may succeed the next time.
    #[error(transparent)]
    Unavailable(Error),
}

/// That something of a login may be taken in, as its tenant's terms have it.
pub struct Admitted(Arc<crate::quotas::TenantQuota>);

impl Admitted {
    /// Charges what comes with the login as so many more.
    pub fn charge(&self, logins: u64) {
        self.0.charge_logins(logins);
    }
}

impl Registry {
    /// Takes one login of those that the tenant's terms allow, before anything of it is read.
    ///
    /// # Errors
    /// [`LoginError`]: it is not begun.
    pub async fn admit(&self, tenant: &TenantName, patience: &Patience) -> Result<Admitted, LoginError> {
        let runtime = self.runtime(tenant, patience).await?;
        runtime.quota.take_login(&runtime.terms)?;
        Ok(Admitted(Arc::clone(&runtime.quota)))
    }

    /// Makes sure that the tenant has paid for all that came so far, before more is read of a login that was admitted.
    ///
    /// # Errors
    /// [`LoginError`]: it may be sent again.
    pub async fn admit_more(&self, tenant: &TenantName, patience: &Patience) -> Result<Admitted, LoginError> {
        let runtime = self.runtime(tenant, patience).await?;
        runtime.quota.ensure_paid(&runtime.terms)?;
        Ok(Admitted(Arc::clone(&runtime.quota)))
    }

    /// Decides on an attempt to come in to a tenant. Whoever stops waiting for the answer before it was begun is let in by
    /// nobody, and nothing is saved; what was begun is paid for and on record.
    ///
    /// # Errors
    /// [`LoginError`], where it was not even begun: nothing of it is on record, and nobody may be let in.
    pub async fn decide(
        &self,
        tenant: &TenantName,
        attempt: Attempt,
        _: Admitted,
        now: SystemTime,
    ) -> Result<Answer, LoginError> {
        let (registry, tenant) = (self.clone(), tenant.clone());
        let (patience, _caller) = attempt.patience.clone().with_caller();
        // Large, both: in boxes, only where they lie is handed on.
        let attempt = Box::new(Attempt { patience, ..attempt });
        let decided = tokio::spawn(Box::pin(async move { registry.go(&tenant, attempt, now).await }));
        decided.await.unwrap_or(Err(LoginError::Busy(Busy::Ending)))
    }

    async fn go(&self, tenant: &TenantName, attempt: Box<Attempt>, now: SystemTime) -> Result<Answer, LoginError> {
        let runtime = self.runtime(tenant, &attempt.patience).await?;
        let answer = self.0.through(&runtime, attempt, now).await?;
        if let Some(consequence) = runtime.note(&answer, Instant::now()) {
            self.follow(tenant, runtime.revision, consequence, now);
        }
        Ok(answer)
    }

    /// What follows from a fault, which no login waits for.
    fn follow(&self, tenant: &TenantName, revision: i64, consequence: Consequence, now: SystemTime) {
        let (registry, tenant) = (self.clone(), tenant.clone());
        drop(tokio::spawn(async move {
            match consequence {
                Consequence::Seek(watched) => registry.seek_stand_in(&tenant, revision, &watched).await,
                Consequence::TakeBack(watched) => {
                    registry.roll_back_by_itself(&tenant, revision, &watched.guard, now).await;
                }
            }
        }));
    }

    /// The tenant's runtime, made ready if it is not. That goes on whether or not somebody waits for it: logins that give up one after the
    /// other would otherwise make a tenant begin for ever.
    async fn runtime(&self, tenant: &TenantName, patience: &Patience) -> Result<Arc<TenantRuntime>, LoginError> {
        if let Some(runtime) = self.0.cache.ready(tenant) {
            return Ok(runtime);
        }
        let (parts, name) = (Arc::clone(&self.0), tenant.clone());
        let made = tokio::spawn(async move { parts.cache.get(&name, || parts.make_runtime(&name)).await });
        let made = tokio::select! {
            made = timeout_at(patience.end(LONGEST), made) => made,
            () = patience.gone() => return Err(Busy::Late.into()),
        };
        match made {
            Ok(Ok(made)) => made.map_err(|error| match error {
                Error::NoTenant(tenant) => LoginError::NoTenant(tenant),
                Error::Used(refused) => LoginError::Busy(Busy::Waiting(refused)),
                error => LoginError::Unavailable(error),
            }),
            Ok(Err(_)) => Err(Busy::Ending.into()),
            Err(_) => Err(Busy::Late.into()),
        }
    }
}

impl Parts {
    /// Through a runtime, when it is the login's turn.
    async fn through(&self, runtime: &TenantRuntime, attempt: Box<Attempt>, now: SystemTime) -> Result<Answer, Busy> {
        let quota = &runtime.quota;
        let answer = match self.slow_executor.as_ref().filter(|_| quota.usual.is_slow(&self.load, Instant::now())) {
            None => runtime.gate.decide(&attempt, now).await?,
            Some(executor) => {
                let gate = runtime.gate.in_slow_executor();
                let decided = executor.spawn(async move { gate.decide(&attempt, now).await }).await;
                decided.map_err(|_| Busy::Ending)??
            }
        };
        quota.charge(answer.cost.fuel);
        quota.usual.note(&answer.cost, &self.load, Instant::now());
        Ok(answer)
    }
}
