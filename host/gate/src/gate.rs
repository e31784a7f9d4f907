//! The gate of one tenant: an attempt goes in, a decision that is on record comes out.
//!
//! Not for: several tenants; each has a gate of its own.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::FutureExt as _;
use tokio::time::{Instant, sleep_until, timeout_at};
use vestibule_api::Step;
use vestibule_domain::decision::Denial;
use vestibule_domain::{Cause, Fault};
use vestibule_ledger::{Ledger, Refused};
use vestibule_store::{Effects, Store};

use crate::answer::Answer;
use crate::attempt::Attempt;
use crate::canary::{Canary, Chains};
use crate::chain::Chain;
use crate::commit::{Committed, commit, deny, deny_as, kept_out};
use crate::context::{Identity, LoginContext};
use crate::evaluate::evaluate;
use crate::executor::{Executor, Executors};
use crate::identify::identify;
use crate::journal::Journal;
use crate::outcome::LoginOutcome;
use crate::place::Place;
use crate::resolve::{break_glass, resolve};
use crate::tenant::Tenant;

/// How often policies run on records that change while they do.
const MAX_ROUNDS: u32 = 4;

/// A tenant's gate. Clones share it, and attempts may come at the same time on any thread.
#[derive(Clone)]
pub struct Gate {
    parts: Arc<Parts>,
    executor: Executor,
}

struct Parts {
    store: Store,
    tenant: Tenant,
    chains: Chains,
    executors: Executors,
}

impl Gate {
    /// A gate with the tenant's active policies, and others that are tried on some of the users. What its logins use up stands in the
    /// host's ledger.
    pub fn new(store: Store, ledger: Ledger, tenant: Tenant, active: Chain, canary: Option<Canary>) -> Self {
        let executors = Executors::new(&ledger, &tenant.name, tenant.slow_executor.clone());
        let parts = Arc::new(Parts { store, tenant, chains: Chains { active, canary }, executors });
        Self { parts, executor: Executor::Fast }
    }

    /// The same gate for logins whose policies compute for long, on a thread that nobody waits for: they take turns with those of other
    /// tenants.
    #[must_use]
    pub fn in_slow_executor(&self) -> Self {
        Self { parts: Arc::clone(&self.parts), executor: Executor::Slow }
    }

    /// Decides on an attempt, at a time that policies, locks and questions go by.
    ///
    /// Whatever goes wrong is a denial with a cause. A decision and all that it leaves behind are durable when this returns, or nobody is
    /// let in. Whatever reads like a failed authentication is answered no earlier than the tenant says, and so is what cannot be put on
    /// record: where the store fails, nobody learns whether a password was right. It waits for that without a place.
    ///
    /// # Errors
    /// [`Refused`]: too many logins of the tenant wait for their turn already. Nothing of this one was begun, nor is it on record.
    pub async fn decide(&self, attempt: &Attempt, now: SystemTime) -> Result<Answer, Refused> {
        let Parts { store, tenant, chains, executors } = &*self.parts;
        let patience = &attempt.patience;
        let place = &Place::new(executors, self.executor, tenant.places);
        let (ledger, end) = (executors.ledger(), patience.end(tenant.deadline()));
        let context = LoginContext { store, ledger, tenant, chains, attempt, place, now, began: Instant::now(), end };
        let mut journal = Journal::new(tenant.log_room.clone(), place.meter().clone(), patience.arrived);
        let answer = match patience.unless_gone(timeout_at(end, place.enter())).await {
            Err(unwanted) => deny(&context, &journal, unwanted.into()).await,
            Ok(Ok(Err(refused))) => return Err(refused),
            Ok(Ok(Ok(()))) if Instant::now() < end => {
                journal.enter(Step::LookUp);
                pass(&context, journal).await
            }
            Ok(_) => deny(&context, &journal, journal.late()).await,
        };
        place.leave();
        if let Some(due) = answer.due(&context) {
            sleep_until(due).await;
        }
        Ok(answer)
    }
}

/// Goes the way again as long as the user's record changes before what was decided on it is stored.
async fn pass(context: &LoginContext<'_>, mut journal: Journal) -> Answer {
    let mut identity = None;
    for _ in 0..MAX_ROUNDS {
        let decided = in_time(context, &mut identity, &mut journal).await;
        let (outcome, effects) =
            decided.unwrap_or_else(|denial| (kept_out(context, &journal, denial), Effects::default()));
        match commit(context, &journal, outcome, &effects).await {
            Committed::Done(answer) => return answer,
            Committed::Conflict => journal.conflicts += 1,
            Committed::Failed { id, until, error } => {
                let detail = format!("the decision could not be stored: {error}");
                let denial = Fault::new(Cause::StoreUnavailable, detail).into();
                return deny_as(id, context, &journal, denial, until).await;
            }
        }
    }
    let detail = format!("the user's record changed {MAX_ROUNDS} times while policies decided on it");
    deny(context, &journal, Fault::new(Cause::SaveConflict, detail).into()).await
}

/// What a login comes to in its time, if somebody still waits for it then. A bug in the host, or in what was plugged into it, denies this
/// login alone.
async fn in_time<'a>(
    context: &LoginContext<'a>,
    identity: &mut Option<Identity<'a>>,
    journal: &mut Journal,
) -> Result<(LoginOutcome, Effects), Denial> {
    // Pinned, as it is large, and would be moved on the way.
    let decided = AssertUnwindSafe(decide(context, identity, journal)).catch_unwind();
    let decided = timeout_at(context.end, pin!(decided)).await;
    match decided {
        Ok(Ok(decided)) => {
            let decided = decided?;
            context.attempt.patience.ensure_wanted(context.end)?;
            Ok(decided)
        }
        Ok(Err(_)) => Err(Fault::new(Cause::HostFailed, "the host broke the login off: its log says where").into()),
        Err(_) => Err(journal.late()),
    }
}

/// What a login comes to, and what it leaves behind. Who somebody is, is found out once.
async fn decide<'a>(
    context: &LoginContext<'a>,
    identity: &mut Option<Identity<'a>>,
    journal: &mut Journal,
) -> Result<(LoginOutcome, Effects), Denial> {
    let identity = match identity {
        Some(identity) => identity,
        None => identity.insert(identify(context, journal).await?),
    };
    (journal.user, journal.by_canary) = (Some(identity.state.user.to_string()), identity.chosen.is_canary);
    let (outcome, mut effects) = if identity.bootstrap {
        (break_glass(context, identity)?, Effects::default())
    } else {
        let evaluated = evaluate(context, identity, journal).await?;
        resolve(context, identity, evaluated, journal).await?
    };
    if identity.failed_before && outcome.is_allowed() {
        effects.forgiven = Some(context.attempt.user.to_string());
    }
    Ok((outcome, effects))
}
