//! One login on its way through the host: its tenant made ready, its turn awaited, decided, and paid for.
//!
//! Not for: deciding; the gate does.

use std::sync::Arc;
use std::time::SystemTime;

use vestibule_domain::TenantName;
use vestibule_gate::{Answer, Attempt};
use vestibule_ledger::Owner;

use crate::door::{Busy, Door};
use crate::registry::Parts;
use crate::{Error, Registry};

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

impl Registry {
    /// Decides on an attempt to come in through a tenant's door. Whoever stops waiting for the answer changes nothing: what was begun
    /// is decided, paid for and on record.
    ///
    /// # Errors
    /// [`LoginError`], where it was not even begun: nothing of it is on record, and nobody may be let in.
    pub async fn decide(&self, tenant: &TenantName, attempt: Attempt, now: SystemTime) -> Result<Answer, LoginError> {
        let (registry, tenant) = (self.clone(), tenant.clone());
        // Large: in a box, only where it lies is handed on.
        let decided = tokio::spawn(Box::pin(async move { registry.go(&tenant, attempt, now).await }));
        decided.await.unwrap_or(Err(LoginError::Busy(Busy::Ending)))
    }

    async fn go(&self, tenant: &TenantName, attempt: Attempt, now: SystemTime) -> Result<Answer, LoginError> {
        let door = self.0.door(tenant).await.map_err(|error| match error {
            Error::NoTenant(tenant) => LoginError::NoTenant(tenant),
            Error::Used(refused) => LoginError::Busy(Busy::Waiting(refused)),
            error => LoginError::Unavailable(error),
        })?;
        let answer = self.0.through(&door, attempt, now).await?;
        if let Some(policy) = door.to_be_rolled_back(&answer) {
            Box::pin(self.roll_back_by_itself(tenant, door.revision, &policy, now)).await;
        }
        Ok(answer)
    }
}

impl Parts {
    /// The tenant's door, made ready if it is not.
    pub(crate) async fn door(&self, tenant: &TenantName) -> Result<Arc<Door>, Error> {
        self.residents.get(tenant, || self.make_door(tenant)).await
    }

    /// Through a door, when it is the login's turn.
    async fn through(&self, door: &Door, attempt: Attempt, now: SystemTime) -> Result<Answer, Busy> {
        let quota = &door.quota;
        quota.take_login(&door.terms)?;
        let _place = self.ledger.login_places().enter(&Owner::from(&door.tenant), door.share()).await?;
        let canary = door.canary_for(&attempt);
        let gate = canary.map_or(&door.gate, |canary| &canary.gate).clone();
        let answer = match self.slow_lane.as_ref().filter(|_| quota.is_slow()) {
            None => gate.decide(&attempt, now).await,
            Some(lane) => {
                let decided = lane.spawn(async move { gate.decide(&attempt, now).await }).await;
                decided.map_err(|_| Busy::Ending)?
            }
        };
        if let Some(canary) = canary {
            door.note(canary, &answer);
        }
        quota.charge(answer.cost.fuel);
        quota.note(&answer.cost);
        Ok(answer)
    }
}
