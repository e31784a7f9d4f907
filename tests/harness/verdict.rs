//! What came of a login, with sentences to say about it. Whatever came, it kept to its limits.

use vestibule_domain::login::Status;
use vestibule_domain::{Cause, Fault, Login, Outcome};
use vestibule_sandbox::{Limits, Report};

use super::{Guest, a_login};

/// How far a call may overrun its deadline, in milliseconds, on a machine busy with other tests: this finds what is not stopped
/// at all. How soon a call is stopped is for the benchmarks to say.
const OVERRUN_MS: u128 = 1000;

pub(crate) struct Verdict(pub(crate) Report);

impl Guest {
    /// Decides on Joe's login.
    pub(crate) async fn decides_on_joe(&self) -> Verdict {
        self.judges(&a_login()).await
    }

    pub(crate) async fn judges(&self, login: &Login) -> Verdict {
        let verdict = Verdict(self.decides(login).await);
        verdict.keeps_to(&self.limits);
        verdict
    }

    /// Fails with this cause on Joe's login; the fault is handed back for more questions.
    pub(crate) async fn fails_with(&self, cause: Cause) -> Fault {
        self.decides_on_joe().await.fault(cause)
    }

    /// Lets Joe in; the outcome is handed back for more questions.
    pub(crate) async fn lets_joe_in(&self) -> Verdict {
        let verdict = self.decides_on_joe().await;
        verdict.allowed();
        verdict
    }
}

impl Verdict {
    pub(crate) fn fault(&self, cause: Cause) -> Fault {
        match &self.0.answer {
            Err(fault) if fault.cause == cause => fault.clone(),
            other => panic!("expected `{cause}`, got {other:?}"),
        }
    }

    pub(crate) fn outcome(&self) -> &Outcome {
        self.0.answer.as_ref().unwrap_or_else(|fault| panic!("expected an answer, got `{fault}`"))
    }

    pub(crate) fn allowed(&self) -> &Outcome {
        let outcome = self.outcome();
        assert!(outcome.authret.status == Status::Succeed && outcome.challenge.is_none(), "{outcome:?}");
        outcome
    }

    pub(crate) fn denied(&self) -> &Outcome {
        let outcome = self.outcome();
        assert!(outcome.authret.status == Status::Fail && outcome.challenge.is_none(), "{outcome:?}");
        outcome
    }

    /// The messages that were kept.
    pub(crate) fn messages(&self) -> Vec<&str> {
        self.0.log.iter().map(|line| line.message.as_str()).collect()
    }

    fn keeps_to(&self, limits: &Limits) {
        let Report { log, cost, wall, .. } = &self.0;
        let bytes: usize = log.iter().map(|line| line.message.len()).sum();
        assert!(log.len() <= limits.log_lines && bytes <= limits.log_bytes, "{} lines, {bytes} bytes", log.len());
        assert!(cost.fuel <= limits.fuel && cost.host_calls <= limits.host_calls, "{cost:?}");
        assert!(cost.peak_memory_bytes <= limits.memory_bytes, "{cost:?}");
        assert!(wall.as_millis() <= u128::from(limits.deadline_ms) + OVERRUN_MS, "{wall:?}");
    }
}
