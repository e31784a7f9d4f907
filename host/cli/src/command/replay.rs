//! `vestibule replay`: a recorded login, run again.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use vestibule_domain::{Fault, Outcome};
use vestibule_sandbox::Recording;
use vestibule_sandbox::recording::{Difference, Part, Replay};

use crate::answer::{self, AnswerJson, CallAnswer};
use crate::difference::{self, Change};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::figures::Spread;
use crate::input::{self, shown};
use crate::policy::{self, PolicyJson};
use crate::recording::RecordFile;
use crate::{form, output};

/// Run a recorded login again, and show what changed
///
/// With the policy that was recorded, everything but the wall time must be the same: the answer, the log, the cost and every question
/// to the world. With another version, the differences show what that version would have done; its cost is shown, but
/// does not count as a difference. Nothing is asked of the world: its answers are read from the recording.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Options {
    /// The recording that `vestibule try --record` made
    file: PathBuf,
    /// Another version of the policy [default: the path in the recording]
    policy: Option<PathBuf>,
    /// Print one JSON object, for programs
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    compiling: policy::Compiling,
}

pub(crate) async fn run(options: Options) -> Result<Exit> {
    let RecordFile { policy, recording } = RecordFile::read(&options.file)?;
    let path = options.policy.as_ref().unwrap_or(&policy);
    let policy = policy::load(path, &options.compiling, recording.limits.memory_bytes)
        .await
        .map_err(|error| error.or_hint("say where the policy is: `vestibule replay FILE POLICY`"))?;
    let login = recording.login().map_err(|error| input::malformed("recording", &options.file).because(&error))?;
    let settings = recording.settings(&policy.manifest).map_err(|error| {
        Error::bad_input(format!("`{}` cannot run with the recorded settings", shown(path)))
            .because(&error)
            .hint("record a login anew for a version that reads other settings")
    })?;
    let replay = recording.replay(&policy.compiled, &login, settings).await;

    let answer = CallAnswer {
        login: &login,
        limits: &recording.limits,
        report: &replay.report,
        wall: Spread::of(replay.report.wall, Vec::new()),
    };
    let shown = if options.json {
        let object = Shown {
            policy: policy::to_json(&policy),
            same_policy: replay.same_policy,
            identical: replay.is_same(),
            differences: &replay.differences,
            answer: answer.to_json(),
        };
        output::json_line(&object)?
    } else {
        format!("{}\n{}", answer.to_text(), comparison(&recording, &replay))
    };
    output::print(shown.as_bytes())?;
    Ok(if replay.is_same() { Exit::Allowed } else { Exit::ReplayDiffers })
}

type Verdict = std::result::Result<Outcome, Fault>;

/// For programs.
#[derive(Serialize)]
struct Shown<'a> {
    policy: PolicyJson<'a>,
    same_policy: bool,
    identical: bool,
    differences: &'a [Difference],
    #[serde(flatten)]
    answer: AnswerJson<'a>,
}

fn comparison(recording: &Recording, replay: &Replay) -> String {
    let mut text = String::new();
    let policy = if replay.same_policy { "the recorded one" } else { "another version than the recorded one" };
    form::write_figure(&mut text, "policy", policy);
    form::write_figure(&mut text, "recorded", answer::verdict(&recording.result.answer.clone().into()).0);
    let parts: Vec<_> = replay.differences.iter().map(|difference| difference.part.name()).collect();
    let result = match parts.as_slice() {
        [] => "identical".to_owned(),
        _ if replay.is_same() => "identical but for its cost".to_owned(),
        parts => format!("differs in {}", parts.join(", ")),
    };
    form::write_figure(&mut text, "replay", &result);
    let changes = replay.differences.iter().flat_map(|difference| match difference.part {
        Part::Answer => answer_changes(&recording.result.answer, &replay.report.answer),
        part => difference::changes(part.name(), &difference.recorded, &difference.replayed),
    });
    text.extend(changes.map(|change| format!("    {change}\n")));
    text
}

/// Two outcomes or two faults are compared part by part; an outcome and a fault have no parts in common.
fn answer_changes(recorded: &Verdict, replayed: &Verdict) -> Vec<Change> {
    let (recorded, replayed) = match (recorded, replayed) {
        (Ok(recorded), Ok(replayed)) => (json(recorded), json(replayed)),
        (Err(recorded), Err(replayed)) => (json(recorded), json(replayed)),
        _ => (summary(recorded), summary(replayed)),
    };
    difference::changes("answer", &recorded, &replayed)
}

fn summary(answer: &Verdict) -> Value {
    match answer {
        Ok(_) => answer::verdict(&answer.clone().into()).0.into(),
        Err(fault) => fault.to_string().into(),
    }
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn after_help() -> String {
    let examples = "\
Examples:
  vestibule try known-device.wasm --login laptop.json --record login.recording
  vestibule replay login.recording
  vestibule replay login.recording target/wasm32-wasip2/release/known_device.wasm

A recording holds what the policy was given, passwords and secrets included: keep it like a password.
";
    format!("{examples}\n{}", Exit::table())
}

#[cfg(test)]
mod tests {
    use vestibule_domain::{Cause, Login, Properties};

    use super::*;

    fn outcome() -> Outcome {
        let login = r#"{
            "authcred": {"username": "joe"}, "attributes": {"vpn_auth": true},
            "authret": {"user": "Joe"}, "info": {"auth_method": "local"}
        }"#;
        let authret = Login::from_json(login).unwrap().authret;
        Outcome { authret, proplist_save: Properties::new(), challenge: None, session_state: None }
    }

    fn shown(recorded: &Verdict, replayed: &Verdict) -> Vec<String> {
        answer_changes(recorded, replayed).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn two_outcomes_are_compared_part_by_part() {
        let mut other = outcome();
        other.authret.proplist.set("conn_group", "staff").unwrap();
        assert_eq!(shown(&Ok(outcome()), &Ok(other)), [r#"answer.authret.proplist.conn_group : nothing -> "staff""#]);
    }

    #[test]
    fn an_outcome_and_a_fault_are_named() {
        let fault = Fault::new(Cause::OutOfFuel, "all of it");
        assert_eq!(shown(&Ok(outcome()), &Err(fault)), [r#"answer : "allowed" -> "out-of-fuel: all of it""#]);
    }
}
