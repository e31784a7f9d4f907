//! What logins leave behind, one thing at a time.

use std::sync::atomic::{AtomicU64, Ordering};

use vestibule_domain::{Properties, TenantName};
use vestibule_store::{DecisionRow, Effects, NewChallenge, Save, SaveError, Session, Store};

use super::at;

/// Stores what a login would leave behind, with a decision of its own each time.
pub(crate) trait Leaves {
    async fn save(
        &self,
        tenant: &TenantName,
        user: &str,
        seen: Option<&Properties>,
        writes: &Properties,
    ) -> Result<(), SaveError>;
    async fn ask(&self, tenant: &TenantName, challenge: &NewChallenge) -> Result<(), SaveError>;
    async fn keep(&self, tenant: &TenantName, session: &Session) -> Result<(), SaveError>;
    async fn forgive(&self, tenant: &TenantName, user: &str) -> Result<(), SaveError>;
    async fn record(&self, tenant: &TenantName, decision: &DecisionRow) -> Result<(), SaveError>;
}

impl Leaves for Store {
    async fn save(
        &self,
        tenant: &TenantName,
        user: &str,
        seen: Option<&Properties>,
        writes: &Properties,
    ) -> Result<(), SaveError> {
        let save = Save { user: user.to_owned(), seen: seen.cloned(), writes: writes.clone() };
        self.commit_login(tenant, &some_decision(), &Effects { save: Some(save), ..Effects::default() }).await
    }

    async fn ask(&self, tenant: &TenantName, challenge: &NewChallenge) -> Result<(), SaveError> {
        let effects = Effects { challenge: Some(challenge.clone()), ..Effects::default() };
        self.commit_login(tenant, &some_decision(), &effects).await
    }

    async fn keep(&self, tenant: &TenantName, session: &Session) -> Result<(), SaveError> {
        let effects = Effects { session: Some(session.clone()), ..Effects::default() };
        self.commit_login(tenant, &some_decision(), &effects).await
    }

    async fn forgive(&self, tenant: &TenantName, user: &str) -> Result<(), SaveError> {
        let effects = Effects { forgiven: Some(user.to_owned()), ..Effects::default() };
        self.commit_login(tenant, &some_decision(), &effects).await
    }

    async fn record(&self, tenant: &TenantName, decision: &DecisionRow) -> Result<(), SaveError> {
        self.commit_login(tenant, decision, &Effects::default()).await
    }
}

/// A decision with an id that no other one has.
pub(crate) fn some_decision() -> DecisionRow {
    static MADE: AtomicU64 = AtomicU64::new(0);
    decision(&format!("some-{:09}", MADE.fetch_add(1, Ordering::Relaxed)))
}

pub(crate) fn decision(id: &str) -> DecisionRow {
    let [id, user, outcome, record] = [id, "joe", "allowed", "{}"].map(str::to_owned);
    DecisionRow { id, at: at(0), user, outcome, cause: None, record }
}
