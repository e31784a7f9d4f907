//! A version on trial: it sees the logins that the active one sees, and nothing follows from what it says.
//!
//! Not for: deciding on anybody, or keeping count; whoever starts a trial is told of each comparison.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use tokio::runtime::Handle;
use vestibule_api::TrialDifference;
use vestibule_domain::{Cause, Decision, Fault, Login, Outcome, Properties};
use vestibule_ledger::{Ledger, Owner};
use vestibule_sandbox::{CallInputs, Configured, Report};

use crate::executor::call_in_turn;
use crate::meter::Meter;

/// As many differences of one login are named: a tenant's are kept in memory, by the hundred for each policy.
const MAX_FIELDS: usize = 32;

/// Another version of a policy, and who wants to know how it compares and what that costs.
#[derive(Clone)]
pub struct Shadow {
    policy: Configured,
    ledger: Ledger,
    owner: Owner,
    executor: Option<Handle>,
    seen: Arc<dyn Fn(Seen) + Send + Sync>,
}

/// What was seen of the version on trial on one login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// How it compares.
    pub comparison: Comparison,
    /// Whether it failed, whatever the active one did.
    pub failed: bool,
    /// What it took.
    pub fuel: u64,
}

/// What came of one login on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// Both answered alike.
    Same,
    /// They did not.
    Different(TrialDifference),
    /// Too many were under way.
    Skipped,
}

impl Seen {
    const fn skipped(fuel: u64) -> Self {
        Self { comparison: Comparison::Skipped, failed: false, fuel }
    }
}

impl Shadow {
    /// A version, configured as it would run, and without any capability that has effects. It runs on `executor`, where there is one, in
    /// turn with all that computes for long. A login that comes when its owner may have no more places is not compared; `seen` is told of
    /// each.
    pub fn new(
        policy: Configured,
        (ledger, owner): (&Ledger, Owner),
        executor: Option<Handle>,
        seen: impl Fn(Seen) + Send + Sync + 'static,
    ) -> Self {
        Self { policy, ledger: ledger.clone(), owner, executor, seen: Arc::new(seen) }
    }

    /// Leaves a login out.
    pub(crate) fn skip(&self) {
        (self.seen)(Seen::skipped(0));
    }

    /// Runs the version on what the active one has answered. The login does not wait for it.
    pub(crate) fn follow(&self, login: &Login, inputs: &CallInputs, active: &Report) {
        let Ok(place) = self.ledger.shadows().take(&self.owner, 1) else { return self.skip() };
        let (shadow, login, inputs, active) = (self.clone(), login.clone(), inputs.clone(), active.answer.clone());
        let compare = async move {
            let Self { policy, ledger, owner, seen, .. } = shadow;
            let (deadline, meter) = (policy.deadline(), Meter::default());
            let Ok(trial) = call_in_turn((&ledger, &owner), policy, (&login, &inputs), &meter).await else {
                return seen(Seen::skipped(0));
            };
            let held_up = trial.wall.saturating_sub(meter.in_line()) < deadline;
            let fuel = trial.cost.fuel;
            seen(match &trial.answer {
                // That the host had no room, or no time, says nothing of the version.
                Err(fault) if fault.cause == Cause::Overloaded => Seen::skipped(fuel),
                Err(fault) if fault.cause == Cause::Deadline && held_up => Seen::skipped(fuel),
                answer => {
                    let comparison = compare(login.authret.user.as_str(), &active, answer);
                    Seen { comparison, failed: answer.is_err(), fuel }
                }
            });
            drop(place);
        };
        match &self.executor {
            Some(executor) => drop(executor.spawn(compare)),
            None => drop(tokio::spawn(compare)),
        }
    }
}

impl fmt::Debug for Shadow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shadow({})", self.policy.digest())
    }
}

fn compare(user: &str, active: &Result<Outcome, Fault>, trial: &Result<Outcome, Fault>) -> Comparison {
    let fields = match (active, trial) {
        (Ok(active), Ok(trial)) => fields(active, trial),
        _ => Vec::new(),
    };
    let (active, trial) = (verdict(active), verdict(trial));
    if active == trial && fields.is_empty() {
        return Comparison::Same;
    }
    Comparison::Different(TrialDifference { user: user.to_owned(), active: active.into(), trial: trial.into(), fields })
}

fn verdict(answer: &Result<Outcome, Fault>) -> &'static str {
    match Decision::from(answer.clone()) {
        Decision::Allow { .. } => "allow",
        Decision::Challenge { .. } => "challenge",
        Decision::Deny(denial) => denial.cause.code(),
    }
}

fn fields(active: &Outcome, trial: &Outcome) -> Vec<String> {
    let mut fields = Vec::new();
    let mut differ = |differs: bool, name: &str| fields.extend(differs.then(|| name.to_owned()));
    differ(active.authret.user != trial.authret.user, "user");
    differ(active.authret.client_reason != trial.authret.client_reason, "client_reason");
    let text = |outcome: &Outcome| outcome.challenge.as_ref().map(|challenge| challenge.text.clone());
    differ(text(active) != text(trial), "challenge");
    fields.extend(names("proplist", &active.authret.proplist, &trial.authret.proplist));
    fields.extend(names("proplist_save", &active.proplist_save, &trial.proplist_save));
    let more = fields.len().saturating_sub(MAX_FIELDS);
    fields.truncate(MAX_FIELDS);
    fields.extend((more > 0).then(|| format!("and {more} more")));
    fields
}

fn names<'a>(list: &'a str, active: &'a Properties, trial: &'a Properties) -> impl Iterator<Item = String> + 'a {
    let all: BTreeSet<_> = active.iter().chain(trial.iter()).map(|(name, _)| name).collect();
    all.into_iter().filter(|name| active.get(name) != trial.get(name)).map(move |name| format!("{list}.{name}"))
}

#[cfg(test)]
mod tests {
    use vestibule_domain::Cause;

    use super::*;

    fn outcome(status: &str, proplist: &str) -> Result<Outcome, Fault> {
        let json = format!(r#"{{"authret": {{"user": "joe", "status": "{status}", "proplist": {proplist}}}}}"#);
        Ok(serde_json::from_str(&json).unwrap())
    }

    fn difference(active: &Result<Outcome, Fault>, trial: &Result<Outcome, Fault>) -> (String, String, Vec<String>) {
        match compare("joe", active, trial) {
            Comparison::Different(TrialDifference { active, trial, fields, .. }) => {
                (active.into(), trial.into(), fields)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn versions_that_answer_alike_do_not_differ() {
        let allow = outcome("succeed", r#"{"conn_group": "staff"}"#);
        assert_eq!(compare("joe", &allow, &allow.clone()), Comparison::Same);
    }

    #[test]
    fn a_difference_names_verdicts_and_properties_but_no_values() {
        let (staff, guests) =
            (outcome("succeed", r#"{"conn_group": "staff"}"#), outcome("succeed", r#"{"conn_group": "guests"}"#));
        let fields = difference(&staff, &guests).2;
        assert_eq!(fields, ["proplist.conn_group"]);
        let many: serde_json::Map<_, _> = (0..100).map(|at| (format!("prop_{at}"), "1".into())).collect();
        let fields = difference(&staff, &outcome("succeed", &serde_json::Value::from(many).to_string())).2;
        assert_eq!((fields.len(), fields[MAX_FIELDS].as_str()), (MAX_FIELDS + 1, "and 69 more"));
        let fault = Err(Fault::new(Cause::Trap, "no"));
        assert_eq!(difference(&staff, &fault), ("allow".into(), "trap".into(), Vec::new()));
        assert_eq!(difference(&staff, &outcome("fail", "{}")).1, "denied");
    }
}
