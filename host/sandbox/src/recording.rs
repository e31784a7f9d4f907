//! A recorded call: everything that entered it and everything that came of it, so that it can be run again.
//!
//! Not for: what may be shown to everybody. A recording holds what the policy saw, passwords and secrets included where the policy
//! was given them; keep it like a password.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vestibule_domain::log::Line;
use vestibule_domain::{Cause, Fault, Grants, Login, Manifest, Outcome, Redactor, Settings, json, settings};

use crate::call;
use crate::call_inputs::CallInputs;
use crate::compiled::Compiled;
use crate::configured::Configured;
use crate::host_call_log::{DeadlineMark, Exchange, HostCallLog};
use crate::limits::Limits;
use crate::report::{Cost, Report};

/// The version of the file format.
pub const FORMAT: u32 = 2;

/// One call, written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// The version of this format: [`FORMAT`].
    pub format: u32,
    /// The SHA-256 of the component that ran.
    pub policy_sha256: String,
    /// The limits that held.
    pub limits: Limits,
    /// What was granted.
    pub grants: Grants,
    /// The settings, secrets in clear.
    settings: Revealed<Map<String, Value>>,
    /// The time and the seed.
    pub inputs: CallInputs,
    /// The login, secrets in clear.
    login: Revealed<Value>,
    /// What the world was asked and answered.
    pub exchanges: Vec<Exchange>,
    /// What came of it.
    pub result: Recorded,
}

/// A part that holds secrets in clear: it is written whole and prints as stars.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Revealed<T>(T);

impl<T> fmt::Debug for Revealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What came of a recorded call: all of it must be the same when the call is run again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// The answer.
    #[serde(with = "json::result")]
    pub answer: Result<Outcome, Fault>,
    /// The log.
    pub log: Vec<Line>,
    /// The cost.
    pub cost: Cost,
}

/// A recorded call, run again.
#[derive(Debug, Clone)]
pub struct Replay {
    /// What came of it this time.
    pub report: Report,
    /// Whether the component is the recorded one.
    pub same_policy: bool,
    /// What is not as recorded; nothing where everything is the same.
    pub differences: Vec<Difference>,
}

impl Replay {
    /// Whether everything came out as recorded. Another version may cost something else.
    pub fn is_same(&self) -> bool {
        !self.differences.iter().any(|difference| self.same_policy || difference.part != Part::Cost)
    }
}

/// The parts of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The outcome or the fault.
    Answer,
    /// The lines logged.
    Log,
    /// What the call cost, but for its time.
    Cost,
    /// What the world was asked.
    Exchanges,
}

impl Part {
    /// The name, as JSON has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Log => "log",
            Self::Cost => "cost",
            Self::Exchanges => "exchanges",
        }
    }
}

/// One part of a result that changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Which part it is.
    pub part: Part,
    /// What was recorded, secrets as stars where they stand in clear.
    pub recorded: Value,
    /// What came this time, likewise.
    pub replayed: Value,
}

impl Configured {
    /// The same as [`Self::call`], together with everything that is needed to run it again.
    pub async fn record(&self, login: &Login, inputs: &CallInputs) -> (Report, Recording) {
        let report = self.call(login, inputs).await;
        let recording = Recording::new(self, login, inputs, &report);
        (report, recording)
    }
}

impl Recording {
    fn new(policy: &Configured, login: &Login, inputs: &CallInputs, report: &Report) -> Self {
        let configuration = &policy.configuration;
        Self {
            format: FORMAT,
            policy_sha256: policy.compiled.digest(),
            limits: configuration.limits.clone(),
            grants: configuration.grants.clone(),
            settings: Revealed(configuration.settings.to_object_revealed()),
            inputs: inputs.clone(),
            login: Revealed(login.to_json_revealed()),
            exchanges: report.exchanges.clone(),
            result: Recorded::of(report),
        }
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// Names the line, the key and what was expected there.
    pub fn from_json(text: &str) -> Result<Self, json::Error> {
        json::object_from_str("recording", text)
    }

    /// The login that was recorded.
    ///
    /// # Errors
    /// When the file was changed by hand.
    pub fn login(&self) -> Result<Login, json::Error> {
        Login::from_json(&self.login.0.to_string())
    }

    /// The settings that were recorded, for this policy: another version gets those that it still reads.
    ///
    /// # Errors
    /// Names the setting that this version needs besides.
    pub fn settings(&self, manifest: &Manifest) -> Result<Settings, settings::Error> {
        let read = |name: &str| manifest.settings.iter().any(|setting| setting.name == name);
        let still_read = self.settings.0.iter().filter(|(name, _)| read(name));
        Settings::from_object(still_read.map(|(name, value)| (name.clone(), value.clone())).collect(), manifest)
    }

    /// Runs the call again: with the same component everything comes out the same; with another version the differences
    /// show what that version would have done. The one thing that cannot be repeated is how far a call had computed when
    /// its deadline stopped it: for those, fuel and peak memory are not compared.
    pub async fn replay(&self, policy: &Compiled, login: &Login, settings: Settings) -> Replay {
        let policy = policy
            .configure()
            .with_settings(settings.clone())
            .with_grants(self.grants.clone())
            .with_limits(self.limits.clone());
        let same_policy = policy.compiled.digest() == self.policy_sha256;
        let deadline_mark = self.deadline_mark();
        let call_log = HostCallLog::replay(&self.exchanges, deadline_mark.clone());
        let mut report = call::run(policy.callee(), login, &self.inputs, call_log).await;
        // A guest that was stopped while it computed computes on until its fuel is used up.
        if let (Some(DeadlineMark { fault: recorded, .. }), Err(fault)) = (deadline_mark, &mut report.answer)
            && fault.cause == Cause::OutOfFuel
        {
            *fault = recorded;
        }
        let secrets = Redactor::new(login.secrets().chain(settings.secrets()));
        let differences = self.differences(&report, &secrets);
        Replay { report, same_policy, differences }
    }

    /// Where the deadline stopped the recorded call, if it did. The clock cannot be made to strike again at the same instruction,
    /// but between the same two host calls it can.
    fn deadline_mark(&self) -> Option<DeadlineMark> {
        let fault = self.result.answer.as_ref().err().filter(|fault| fault.cause == Cause::Deadline)?;
        Some(DeadlineMark { host_calls: self.result.cost.host_calls, fault: fault.clone() })
    }

    fn differences(&self, report: &Report, secrets: &Redactor) -> Vec<Difference> {
        let mut replayed = Recorded::of(report);
        replayed.cost.busy_micros = self.result.cost.busy_micros;
        if self.deadline_mark().is_some() {
            // How far it had computed by then is up to the machine.
            let Cost { fuel, peak_memory_bytes, .. } = self.result.cost;
            replayed.cost = Cost { fuel, peak_memory_bytes, ..replayed.cost };
        }
        let parts = [
            (Part::Answer, answer(&self.result.answer), answer(&replayed.answer)),
            (Part::Log, value(&self.result.log), value(&replayed.log)),
            (Part::Cost, value(self.result.cost), value(replayed.cost)),
            (Part::Exchanges, value(&self.exchanges), value(&report.exchanges)),
        ];
        let changed = parts.into_iter().filter(|(_, recorded, replayed)| recorded != replayed);
        let shown = |value| concealed(value, secrets);
        changed
            .map(|(part, recorded, replayed)| Difference { part, recorded: shown(recorded), replayed: shown(replayed) })
            .collect()
    }
}

impl Recorded {
    fn of(report: &Report) -> Self {
        Self { answer: report.answer.clone(), log: report.log.clone(), cost: report.cost }
    }
}

fn answer(answer: &Result<Outcome, Fault>) -> Value {
    answer.as_ref().map_or_else(value, value)
}

/// Differences are for showing: secrets that a policy asked the world with become stars.
fn concealed(value: Value, secrets: &Redactor) -> Value {
    match value {
        Value::String(text) => secrets.scrub(&text, usize::MAX).into(),
        Value::Array(values) => values.into_iter().map(|value| concealed(value, secrets)).collect(),
        Value::Object(values) => {
            values.into_iter().map(|(name, value)| (name, concealed(value, secrets))).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

fn value(part: impl Serialize) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}
