//! `vestibule replay`: a recorded login, run again.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use vestibule_domain::Decision;
use vestibule_sandbox::recording::{Difference, Replay};

use crate::answer::{self, Answer, AnswerJson};
use crate::difference::{self, Change};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::figures::Spread;
use crate::input::{self, shown};
use crate::output;
use crate::policy::{self, PolicyJson};
use crate::recording::RecordFile;

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

    let answer = Answer {
        login: &login,
        limits: &recording.limits,
        report: &replay.report,
        wall: Spread::of(replay.report.wall, Vec::new()),
    };
    let differs = differs(&replay);
    let shown = if options.json {
        let object = Shown {
            policy: policy.to_json(),
            same_policy: replay.same_policy,
            identical: replay.differences.is_empty(),
            differences: &replay.differences,
            answer: answer.to_json(),
        };
        output::json_line(&object)?
    } else {
        let recorded = Decision::from(recording.result.answer.clone());
        format!("{}\n{}", answer.to_text(), comparison(&replay, answer::verdict(&recorded).0))
    };
    output::print(shown.as_bytes())?;
    Ok(if differs { Exit::ReplayDiffers } else { Exit::Allowed })
}

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

/// Another version may cost something else.
fn differs(replay: &Replay) -> bool {
    replay.differences.iter().any(|difference| replay.same_policy || difference.part != "cost")
}

fn comparison(replay: &Replay, recorded: &str) -> String {
    let mut text = String::new();
    let policy = if replay.same_policy { "the recorded one" } else { "another version than the recorded one" };
    answer::write_figure(&mut text, "policy", policy);
    answer::write_figure(&mut text, "recorded", recorded);
    let parts: Vec<_> = replay.differences.iter().map(|difference| difference.part).collect();
    let verdict = match parts.as_slice() {
        [] => "identical".to_owned(),
        parts => format!("differs in {}", parts.join(", ")),
    };
    answer::write_figure(&mut text, "replay", &verdict);
    let changes = replay.differences.iter().flat_map(changes);
    text.extend(changes.map(|change| format!("    {change}\n")));
    text
}

/// An answer is an outcome or a fault; which of them it is goes without saying where both are the same.
fn changes(difference: &Difference) -> Vec<Change> {
    let Difference { part, recorded, replayed } = difference;
    let inner = ["Ok", "Err"].into_iter().find_map(|case| recorded.get(case).zip(replayed.get(case)));
    let (recorded, replayed) = inner.filter(|_| *part == "answer").unwrap_or((recorded, replayed));
    difference::changes(part, recorded, replayed)
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
