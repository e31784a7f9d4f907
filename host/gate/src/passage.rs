//! One attempt on its way through the gate: who it is, round by round until what the policies saw is what is stored.
//!
//! Not for: the record of it; see [`crate::gate`].

use std::time::SystemTime;

use tokio::time::Instant;
use vestibule_domain::decision::{Denial, DenyCause};
use vestibule_domain::field::Response;
use vestibule_domain::outcome::Challenge;
use vestibule_domain::profile::inherit;
use vestibule_domain::resolve::Records;
use vestibule_domain::wire::crv1::StateId;
use vestibule_domain::{CanonicalUser, Cause, Fault, Properties, Refusal};
use vestibule_ledger::Ledger;
use vestibule_store::{Effects, Session, Store};

use crate::attempt::Attempt;
use crate::canary::{Chains, Chosen};
use crate::challenge::{Waiting, expiry};
use crate::journal::{Journal, Step};
use crate::known::Known;
use crate::method::Method;
use crate::place::Place;
use crate::progress::Sessions;
use crate::records::unavailable;
use crate::tenant::{Tenant, WithoutPolicy};

/// What an attempt needs on its way.
pub(crate) struct Passage<'a> {
    pub(crate) store: &'a Store,
    pub(crate) ledger: &'a Ledger,
    pub(crate) tenant: &'a Tenant,
    pub(crate) chains: &'a Chains,
    pub(crate) attempt: &'a Attempt,
    pub(crate) place: &'a Place,
    pub(crate) now: SystemTime,
    /// What the clock that only goes forward says for `now`.
    pub(crate) began: Instant,
    /// When the login's time is up.
    pub(crate) end: Instant,
}

/// Where an attempt has come to.
pub(crate) enum Passed {
    In { user: CanonicalUser, proplist: Properties, saved: Properties, reason: String, session_state: Option<Vec<u8>> },
    Asked { user: CanonicalUser, question: Challenge, saved: Properties, reason: String, state_id: StateId },
}

impl<'a> Passage<'a> {
    /// Where the attempt comes to, and what it leaves behind. Who somebody is, is found out once.
    pub(crate) async fn walk(
        &self,
        known: &mut Option<Known<'a>>,
        journal: &mut Journal,
    ) -> Result<(Passed, Effects), Denial> {
        let known = match known {
            Some(known) => known,
            None => known.insert(self.identify(journal).await?),
        };
        let Chosen { chain, is_canary } = known.chosen;
        (journal.user, journal.by_canary) = (Some(known.progress.user.to_string()), is_canary);
        let records = known.records.take();
        let walked = if known.bootstrap {
            self.break_glass(known, records).map(|passed| (passed, Effects::default()))
        } else if let Some(fault) = chain.fault() {
            Err(fault.clone().into())
        } else if chain.links().is_empty() && self.tenant.settings.without_policy == WithoutPolicy::Deny {
            Err(Fault::new(Cause::NoActivePolicy, "the tenant has no active policy").into())
        } else if let Some(given) = &self.attempt.given {
            self.given_round(known, given, journal).await
        } else {
            self.round(known, records, journal).await
        };
        Ok(self.forgiving(known, walked?))
    }

    /// Waits for something, unless whoever brought the attempt has gone: what nobody waits for is not begun.
    pub(crate) async fn wanted<T>(&self, waits: impl Future<Output = T>) -> Result<T, Fault> {
        tokio::select! {
            biased;
            () = self.attempt.patience.gone() => Err(unwanted()),
            came = waits => Ok(came),
        }
    }

    /// Whether an answer is of use to anybody.
    pub(crate) fn ensure_wanted(&self) -> Result<(), Fault> {
        if self.attempt.patience.has_gone() || self.end <= Instant::now() { Err(unwanted()) } else { Ok(()) }
    }

    /// No policy is asked, and no property keeps the user out: what a policy has saved may be what is wrong.
    fn break_glass(&self, known: &Known<'_>, records: Option<Records>) -> Result<Passed, Denial> {
        let user = known.progress.user.clone();
        tracing::warn!(tenant = %self.tenant.name, %user, "a bootstrap administrator comes in without any policy");
        let records = records.unwrap_or_default();
        records.ensure_user(&user)?;
        let mut proplist = inherit(records.user.as_ref(), None, &records.default)?;
        proplist.set("prop_superuser", "true").map_err(Refusal::from)?;
        let reason = "a bootstrap administrator: no policy was asked".to_owned();
        Ok(Passed::In { user, proplist, saved: Properties::new(), reason, session_state: None })
    }

    /// Takes up a login where its question was put.
    pub(crate) async fn resume(
        &self,
        state_id: &StateId,
        response: Response,
        journal: &mut Journal,
    ) -> Result<Known<'a>, Denial> {
        journal.enter(Step::Challenge);
        let waiting = Waiting::take(self.store, &self.tenant.name, &self.attempt.user, state_id, self.now).await?;
        let (method, info) = (waiting.method, waiting.info.clone());
        journal.method = Some(info.auth_method.to_string());
        let identified = waiting.identified.clone();
        let chosen = self.chains.of(&self.tenant.name, &identified);
        let progress = waiting.resume(response, chosen.chain)?;
        journal.enter(Step::LookUp);
        let failed_before = method == Some(Method::Local);
        if failed_before {
            self.count_answer().await?;
        }
        Ok(Known { chosen, method, info, identified, progress, records: None, bootstrap: false, failed_before })
    }

    /// What policies kept for the session that is renewed.
    pub(crate) async fn read_session(&self, user: &CanonicalUser, journal: &mut Journal) -> Result<Sessions, Denial> {
        let Some(id) = &self.attempt.session_id else { return Ok(Sessions::default()) };
        journal.enter(Step::Session);
        let session = self.store.session(&self.tenant.name, id, self.now).await.map_err(|error| unavailable(&error))?;
        journal.enter(Step::LookUp);
        let Some(session) = session else { return Ok(Sessions::default()) };
        if session.user != user.as_str() {
            let cause = DenyCause::Primary(vestibule_domain::primary::Cause::ProofMismatch);
            return Err(Denial::new(cause, "the session is another user's"));
        }
        serde_json::from_slice(&session.state)
            .map_err(|error| Fault::new(Cause::StoreUnavailable, format!("a session cannot be read: {error}")).into())
    }

    /// What policies want to know again in this session. A login by certificate alone has none.
    pub(crate) fn kept_session(&self, user: &CanonicalUser, sessions: &Sessions) -> Result<Option<Session>, Fault> {
        let Some((id, state)) = self.attempt.session_id.as_ref().zip(sessions.to_state()?) else { return Ok(None) };
        let expires = expiry(self.now, self.tenant.settings.session_seconds);
        Ok(Some(Session { id: id.to_string(), user: user.to_string(), state, expires }))
    }

    /// Whoever comes in is forgiven.
    fn forgiving(&self, known: &Known<'_>, (passed, mut effects): (Passed, Effects)) -> (Passed, Effects) {
        if known.failed_before && matches!(passed, Passed::In { .. }) {
            effects.forgiven = Some(self.attempt.user.to_string());
        }
        (passed, effects)
    }
}

fn unwanted() -> Fault {
    Fault::new(Cause::Deadline, "nobody waits for the answer any more")
}
