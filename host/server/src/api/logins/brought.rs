//! What a front door brings of a login: taken in once its tenant's terms allow it, and charged for its length.
//!
//! Not for: what is asked.

use axum::http::HeaderMap;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use vestibule_api::Scope;
use vestibule_domain::TenantName;
use vestibule_gate::Patience;
use vestibule_ledger::Owner;
use vestibule_registry::Admitted;

use super::patience;
use crate::access::Caller;
use crate::app::App;
use crate::body::{LONG_BYTES, Paid, Unread};
use crate::idempotency::Retry;
use crate::problem::{Problem, Result};

/// The longest idempotency key in bytes.
const MAX_KEY_BYTES: usize = 255;

/// Which part of a login it is.
pub(super) enum Part<'a> {
    /// The first, by this operation.
    First(&'static str),
    /// What was found for this search.
    Found(&'a str),
}

/// A part of a login that was read.
pub(super) struct Brought<T> {
    pub(super) asked: T,
    pub(super) patience: Patience,
    pub(super) retry: Option<Retry>,
    pub(super) paid: Paid,
    pub(super) admitted: Admitted,
}

impl<T: DeserializeOwned + Send + 'static> Brought<T> {
    /// Reads it. Whether somebody may bring it, and its tenant as many, is known before anything of it is taken in, or found to be nothing
    /// that could be decided on.
    pub(super) async fn read(
        app: &App,
        caller: &Caller,
        tenant: &TenantName,
        part: &Part<'_>,
        body: Unread,
    ) -> Result<Self> {
        let patience = part.patience(body.headers())?;
        caller.may(Scope::Decide, tenant).await?;
        let key = key(body.headers())?;
        let admitted = part.admitted(app, tenant, &patience).await?;
        let whole = body.whole(&Owner::from(tenant)).await?;
        // Reading a long one takes as long as a login. It is paid for first, whoever goes away meanwhile.
        admitted.charge(whole.len() / LONG_BYTES);
        let key = key.map(|key| (key, part.place()));
        let read = whole.read(move |whole| {
            let retry = key.map(|(key, place)| Retry::new(&key, &place, whole.digest()));
            whole.json().map(|(asked, paid)| (asked, paid, retry))
        });
        let (asked, paid, retry) = read.await.inspect_err(|_| part.charge_for_nothing(&admitted))?;
        Ok(Self { asked, patience, retry, paid, admitted })
    }
}

impl Part<'_> {
    fn patience(&self, headers: &HeaderMap) -> Result<Patience> {
        match self {
            Self::First(_) => patience::arriving(headers),
            // The login has begun, and has the time that it began with.
            Self::Found(_) => Ok(Patience::since(Instant::now())),
        }
    }

    /// A login is paid for once, whatever it searches. What no login waits for costs as much as one.
    async fn admitted(&self, app: &App, tenant: &TenantName, patience: &Patience) -> Result<Admitted> {
        match self {
            Self::Found(search) if app.suspended.waits(tenant, search) => {
                Ok(app.registry.admit_more(tenant, patience).await?)
            }
            Self::Found(_) | Self::First(_) => {
                let admitted = app.registry.admit(tenant, patience).await;
                Ok(admitted.inspect_err(|_| app.metrics.refused())?)
            }
        }
    }

    /// What a login goes on with was paid for as it began. What it cannot go on with was not: it waits as before, and more may be sent.
    pub(super) fn charge_for_nothing(&self, admitted: &Admitted) {
        match self {
            Self::First(_) => {}
            Self::Found(_) => admitted.charge(1),
        }
    }

    /// Where a key counts: a front door may use one for all requests of a login.
    fn place(&self) -> String {
        match self {
            Self::First(operation) => (*operation).to_owned(),
            Self::Found(search) => format!("post-auth/{search}"),
        }
    }
}

/// What tells a retry of this request from others, if the caller says that there may be one.
fn key(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| !key.is_empty() && key.len() <= MAX_KEY_BYTES);
    let key = key.ok_or_else(|| Problem::invalid("`Idempotency-Key` has 1 to 255 visible characters"))?;
    Ok(Some(key.to_owned()))
}
