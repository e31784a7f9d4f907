//! Puts a decision and what it leaves behind on record, before anybody hears of it.
//!
//! Not for: what a record says; see `record`.

use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use vestibule_domain::Decision;
use vestibule_domain::decision::Denial;
use vestibule_store::{DecisionRow, Effects, Error, SaveError, new_id};

use crate::answer::{Answer, LATE_RECORD_DEADLINE};
use crate::attempt::Proof;
use crate::context::LoginContext;
use crate::journal::Journal;
use crate::outcome::LoginOutcome;
use crate::record;
use crate::tenant::Tenant;

/// How long a decision may take to get on record, within the login's own time.
const RECORD_DEADLINE: Duration = Duration::from_secs(5);

/// What came of committing an outcome.
pub(crate) enum Committed {
    /// It is on record, or is a denial that may be answered as it is.
    Done(Answer),
    /// The user's record is not as the policies saw it any more: nothing is stored.
    Conflict,
    /// The store failed: nobody is let in. What is denied instead has this id, and this time to get on record.
    Failed { id: String, until: Instant, error: Error },
}

/// Commits what a login came to.
pub(crate) async fn commit(
    context: &LoginContext<'_>,
    journal: &Journal,
    outcome: LoginOutcome,
    effects: &Effects,
) -> Committed {
    let answer = Answer::new(id(context), journal, outcome);
    let until = recorded_by(context, &answer.decision);
    match put_on_record(context, journal, &answer, effects, until).await {
        Ok(()) => Committed::Done(answer),
        Err(SaveError::Conflict) => Committed::Conflict,
        Err(SaveError::Store(_)) if may_be_off_the_record(&context.attempt.proof, &answer) => Committed::Done(answer),
        Err(SaveError::Store(error)) => Committed::Failed { id: answer.id, until, error },
    }
}

/// What a denied login came to. It computes nothing any more, and gives its place back.
pub(crate) fn kept_out(context: &LoginContext<'_>, journal: &Journal, denial: Denial) -> LoginOutcome {
    context.place.leave();
    // The entered name, where nobody knows better.
    let user = journal.user.clone().unwrap_or_else(|| context.attempt.user.to_string());
    LoginOutcome::deny(user, denial)
}

/// A denial, on record if it can be.
pub(crate) async fn deny(context: &LoginContext<'_>, journal: &Journal, denial: Denial) -> Answer {
    let until = recorded_by(context, &Decision::Deny(denial.clone()));
    deny_as(id(context), context, journal, denial, until).await
}

/// A denial of this name, on record if it can be by then.
///
/// What a broken connection or a crash has left open may have been stored after all. It was under the same id: whoever looks up that of
/// the answer finds what is on record, this denial or what it took the place of, with all that was saved.
pub(crate) async fn deny_as(
    id: String,
    context: &LoginContext<'_>,
    journal: &Journal,
    denial: Denial,
    until: Instant,
) -> Answer {
    let answer = Answer::new(id, journal, kept_out(context, journal, denial));
    // In a box, as it is one of four ends of a login.
    let _ = Box::pin(put_on_record(context, journal, &answer, &Effects::default(), until)).await;
    answer
}

/// Stores it all, and says so in the log.
async fn put_on_record(
    context: &LoginContext<'_>,
    journal: &Journal,
    answer: &Answer,
    effects: &Effects,
    until: Instant,
) -> Result<(), SaveError> {
    let LoginContext { store, tenant, attempt, now, .. } = *context;
    let row = record::row(journal, attempt, answer, effects, now);
    let stored = timeout_at(until, pin!(store.commit_login(&tenant.name, &row, effects))).await;
    let stored = stored.unwrap_or_else(|_| Err(Error::Unavailable("no answer in time".to_owned()).into()));
    match &stored {
        Ok(()) => log(tenant, &row, answer),
        Err(SaveError::Conflict) => {}
        Err(SaveError::Store(error)) => {
            tracing::error!(tenant = %tenant.name, id = row.id, record = row.record, %error, "a decision is not on record");
        }
    }
    stored
}

/// By when what is decided now has to be on record: what the store has not begun by then it leaves out. Nobody is let in, and nothing
/// saved, for whom the answer comes too late; a denial has the moment that is left after that. A second try gets what the first one left.
fn recorded_by(context: &LoginContext<'_>, decision: &Decision) -> Instant {
    let now = Instant::now();
    let until = context.end.min(now + RECORD_DEADLINE);
    match decision {
        Decision::Allow { .. } | Decision::Challenge { .. } => until,
        Decision::Deny(_) => until.max(now + LATE_RECORD_DEADLINE),
    }
}

/// Whether a denial may be answered as it is where it cannot be put on record. Of somebody who has given a password or an answer it would
/// tell that it was wrong, or right, while nothing can be counted.
fn may_be_off_the_record(proof: &Proof, answer: &Answer) -> bool {
    matches!(answer.decision, Decision::Deny(_)) && matches!(proof, Proof::Voucher(_))
}

/// A name for a decision that is made now.
fn id(context: &LoginContext<'_>) -> String {
    new_id(context.now.checked_add(context.began.elapsed()).unwrap_or(context.now))
}

/// One line for each decision.
fn log(tenant: &Tenant, row: &DecisionRow, answer: &Answer) {
    let (id, user, outcome, cause) = (&row.id, &row.user, &row.outcome, row.cause.as_deref().unwrap_or_default());
    match &answer.decision {
        Decision::Deny(denial) => {
            tracing::info!(tenant = %tenant.name, id, user, outcome, cause, reason = denial.reason, "decided");
        }
        Decision::Allow { .. } | Decision::Challenge { .. } => {
            tracing::info!(tenant = %tenant.name, id, user, outcome, "decided");
        }
    }
}
