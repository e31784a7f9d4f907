//! A version on trial: it sees the logins that the active one sees, and nothing follows from what it says.
//!
//! Not for: deciding on anybody, or keeping count; whoever starts a trial is told of each comparison.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::Semaphore;
use vestibule_domain::{Decision, Fault, Login, Outcome, Properties};
use vestibule_sandbox::{Circumstances, Configured, Report};

/// Trials under way at once for one policy; a login that comes meanwhile is not compared.
const AT_ONCE: usize = 8;

/// Another version of a policy, and who wants to know how it compares.
#[derive(Clone)]
pub struct Shadow {
    policy: Configured,
    places: Arc<Semaphore>,
    seen: Arc<dyn Fn(Comparison) + Send + Sync>,
}

/// What came of one login on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// Both answered alike.
    Same,
    /// They did not.
    Different(Difference),
    /// Too many were under way.
    Skipped,
}

/// How two versions differ on one login. Properties are named, their values are not: a trial is no way to read them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The user's canonical name.
    pub user: String,
    /// `allow`, `challenge` or the code of the cause, by the active version.
    pub active: &'static str,
    /// The same by the version on trial.
    pub trial: &'static str,
    /// What else differs: `client_reason`, `challenge`, `user`, or a property as `proplist.NAME` or `proplist_save.NAME`.
    pub fields: Vec<String>,
}

impl Shadow {
    /// A version, configured as it would run, and without any capability that has effects.
    pub fn new(policy: Configured, seen: impl Fn(Comparison) + Send + Sync + 'static) -> Self {
        Self { policy, places: Arc::new(Semaphore::new(AT_ONCE)), seen: Arc::new(seen) }
    }

    /// Runs the version on what the active one has answered. The login does not wait for it.
    pub(crate) fn follow(&self, login: &Login, circumstances: &Circumstances, active: &Report) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            (self.seen)(Comparison::Skipped);
            return;
        };
        let (shadow, login, circumstances, active) =
            (self.clone(), login.clone(), circumstances.clone(), active.answer.clone());
        tokio::spawn(async move {
            let trial = shadow.policy.call(&login, &circumstances).await.answer;
            (shadow.seen)(compare(login.authret.user.as_str(), &active, &trial));
            drop(place);
        });
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
    Comparison::Different(Difference { user: user.to_owned(), active, trial, fields })
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

    fn difference(
        active: &Result<Outcome, Fault>,
        trial: &Result<Outcome, Fault>,
    ) -> (&'static str, &'static str, Vec<String>) {
        match compare("joe", active, trial) {
            Comparison::Different(Difference { active, trial, fields, .. }) => (active, trial, fields),
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
        let fault = Err(Fault::new(Cause::Trap, "no"));
        assert_eq!(difference(&staff, &fault), ("allow", "trap", Vec::new()));
        assert_eq!(difference(&staff, &outcome("fail", "{}")).1, "denied");
    }
}
