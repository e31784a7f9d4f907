//! `vestibule decisions`: what was decided, on whom, and why.
//!
//! Not for: deciding again; that is `vestibule replay`.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;
use vestibule_api::{Before, Decision, Decisions, PolicyRun, StepTime};
use vestibule_domain::text::log_text;
use vestibule_store::{Log, PruneFilter};

use crate::client::{Call, Events, unreadable};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::host::now;
use crate::target::{Site, Target};
use crate::{figures, output};

/// How many decisions are deleted while logins wait: some hundredths of a second.
const PRUNED_AT_ONCE: u32 = 5_000;
/// The most decisions of one answer.
const PAGE: u32 = 1_000;

/// Show what was decided
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
    /// Print one JSON object for each decision, for programs
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// The last decisions, newest at the end
    Tail {
        /// How many
        #[arg(short = 'n', long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        lines: u32,
        /// Go on with those that are made from now on
        #[arg(short, long)]
        follow: bool,
    },
    /// All that is on record of one decision
    Show {
        /// Its id
        id: String,
    },
    /// Delete old decisions, and questions and sessions that expired
    Prune {
        /// The age from which on decisions are deleted, such as `90d` or `12h`
        #[arg(long, value_name = "AGE")]
        older_than: humantime::Duration,
    },
}

pub(crate) async fn run(options: Options) -> Result<Exit> {
    let act = async |site: &Site| match &options.action {
        Action::Tail { lines, follow } => tail(site, *lines, *follow, options.json).await,
        Action::Show { id } => show(site, id, options.json).await,
        Action::Prune { older_than } => prune(site, **older_than, options.json).await,
    };
    options.target.at(act).await?;
    Ok(Exit::Allowed)
}

async fn tail(site: &Site, lines: u32, follow: bool, json: bool) -> Result<()> {
    let (path, mut decisions) = (site.path(&["decisions"]), Vec::new());
    let mut part = Before::default();
    while decisions.len() < lines as usize {
        part.count = Some(PAGE.min(lines - u32::try_from(decisions.len()).unwrap_or(lines)));
        let page: Decisions = site.client.read(Call::get(&path).query(&part)?).await?;
        decisions.extend(page.decisions);
        match page.next {
            None => break,
            next => part.before = next,
        }
    }
    let print = |decision: &Decision| {
        let shown = if json { output::json_line(decision)? } else { line(decision) };
        output::print_part(shown.as_bytes())
    };
    for decision in decisions.iter().rev() {
        if !print(decision)? {
            return Ok(());
        }
    }
    if !follow {
        return Ok(());
    }
    let path = site.path(&["decisions", "stream"]);
    let last = decisions.first().map(|last| last.id.clone()).unwrap_or_default();
    let mut events = Events::new(site.client.stream(Call::get(&path).with_header("last-event-id", last)).await?);
    // Some are sent again; see the API's document.
    let printed: HashSet<_> = decisions.iter().map(|decision| decision.id.clone()).collect();
    let oldest = decisions.last().map(|last| last.id.clone()).unwrap_or_default();
    while let Some(event) = events.next().await? {
        let decision: Decision = serde_json::from_str(&event).map_err(|error| unreadable().because(&error))?;
        if decision.id > oldest && !printed.contains(&decision.id) && !print(&decision)? {
            return Ok(());
        }
    }
    // Whoever watches must not take silence for calm.
    let hint = "follow them again: it goes on if the server was restarted, and says what is wrong if the token is";
    Err(Error::fault("the server has ended the stream of decisions").hint(hint))
}

async fn show(site: &Site, id: &str, json: bool) -> Result<()> {
    let decision: Decision = site.client.read(Call::get(&site.path(&["decisions", id]))).await?;
    let shown = if json { output::json_line(&decision)? } else { text(&decision)? };
    output::print(shown.as_bytes())
}

/// Only where the data directory is: a server prunes by itself.
async fn prune(site: &Site, age: Duration, json: bool) -> Result<()> {
    let host = site.client.host().ok_or_else(|| {
        Error::bad_input("a server prunes decisions by itself")
            .hint("set `decision_days` in its `vestibule.toml`, or give its data directory with `--data`")
    })?;
    let before = now().checked_sub(age).ok_or_else(|| Error::bad_input("nothing is as old as that"))?;
    let mut deleted = 0;
    loop {
        let past = PruneFilter { before: Some(before), up_to: None };
        let some = host.store.prune(Log::Decisions, Some(&site.tenant), past, PRUNED_AT_ONCE).await?;
        deleted += some;
        if some == 0 {
            break;
        }
        tracing::info!(deleted, "pruning");
    }
    let expired = host.store.purge(now()).await?;
    let shown = if json {
        output::json_line(&json!({ "decisions": deleted, "expired": expired }))?
    } else {
        let count = figures::count;
        format!("{} decisions, and {} expired questions and sessions deleted\n", count(deleted), count(expired))
    };
    output::print(shown.as_bytes())
}

/// One line: when, what, who, why, and where to read more.
fn line(decision: &Decision) -> String {
    let Decision { id, at, user, outcome, cause, .. } = decision;
    let (cause, user) = (cause.as_deref().unwrap_or("-"), log_text(user, 64));
    format!("{at}  {outcome:<10}  {cause:<22}  {user:<24}  {id}\n")
}

fn text(decision: &Decision) -> Result<String> {
    let record = decision.record().map_err(|error| unreadable().because(&error))?;
    let mut text = format!("{}\n", decision.at);
    let mut field = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<13} : {}", log_text(value, 2048));
    };
    let conflicts = (record.conflicts > 0).then(|| record.conflicts.to_string());
    let fields = [
        ("user", Some(&*decision.user)),
        ("outcome", Some(&*decision.outcome)),
        ("cause", decision.cause.as_deref()),
        ("entered", Some(&*record.entered)),
        ("method", record.method.as_deref()),
        ("client_ip_addr", record.client_ip_addr.as_deref()),
        ("reason", Some(&*record.reason)),
        ("client_reason", record.client_reason.as_deref()),
        ("conflicts", conflicts.as_deref()),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            field(name, value);
        }
    }
    for (name, names) in [("set", record.set.join(" ")), ("saved", record.saved.join(" "))] {
        if !names.is_empty() {
            field(name, &names);
        }
    }
    for StepTime { step, micros } in record.steps {
        field("step", &format!("{:<10} {}", step.name(), figures::duration(Duration::from_micros(micros))));
    }
    for PolicyRun { name, version, sha256, fuel, log, dropped_log_lines, .. } in &*record.policies {
        field("policy", &format!("{name} {version}, {} fuel, sha256 {sha256}", figures::count(*fuel)));
        for logged in log {
            field("log", output::json_line(logged)?.trim_end());
        }
        if *dropped_log_lines > 0 {
            field("log", &format!("{} more lines were dropped", figures::count(*dropped_log_lines)));
        }
    }
    Ok(text)
}

const AFTER_HELP: &str = "\
Examples:
  vestibule decisions tail -n 50
  vestibule decisions tail --follow --json | jq 'select(.outcome == \"denied\")'
  vestibule decisions show 5f0c1d8e9b7a46d2a3c4e5f60718293a
  vestibule decisions prune --older-than 90d
";
