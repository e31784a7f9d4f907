//! `vestibule decisions`: what was decided, on whom, and why.
//!
//! Not for: deciding again; that is `vestibule replay`.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Value, json};
use vestibule_domain::text::log_text;
use vestibule_store::DecisionRow;

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::place::{Data, Place};
use crate::{figures, output};

/// How often a follower looks for new decisions.
const POLL: Duration = Duration::from_millis(500);
/// How many decisions are deleted while logins wait: some hundredths of a second.
const PRUNED_AT_ONCE: u32 = 5_000;

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
    place: Place,
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
    let data = options.place.open().await?;
    match &options.action {
        Action::Tail { lines, follow } => tail(&data, *lines, *follow, options.json).await?,
        Action::Show { id } => show(&data, id, options.json).await?,
        Action::Prune { older_than } => prune(&data, **older_than, options.json).await?,
    }
    data.close().await;
    Ok(Exit::Allowed)
}

async fn tail(data: &Data, lines: u32, follow: bool, json: bool) -> Result<()> {
    let mut last = None;
    let mut rows = data.store.last_decisions(&data.tenant, lines, None).await?;
    loop {
        // Newest first, until the one that was shown last.
        let new = rows.iter().take_while(|row| Some(&row.id) != last.as_ref()).collect::<Vec<_>>();
        for row in new.iter().rev() {
            let shown = if json { output::json_line(&to_json(row))? } else { line(row) };
            output::print(shown.as_bytes())?;
        }
        last = new.first().map(|row| row.id.clone()).or(last);
        if !follow {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
        rows = data.store.last_decisions(&data.tenant, 1000, None).await?;
    }
}

async fn show(data: &Data, id: &str, json: bool) -> Result<()> {
    let row = data.store.decision(&data.tenant, id).await?;
    let row = row.ok_or_else(|| {
        Error::bad_input(format!("there is no decision `{}`", log_text(id, 64)))
            .hint("`vestibule decisions tail` lists the last ones")
    })?;
    let shown = if json { output::json_line(&to_json(&row))? } else { text(&row) };
    output::print(shown.as_bytes())
}

async fn prune(data: &Data, age: Duration, json: bool) -> Result<()> {
    #[expect(clippy::disallowed_methods, reason = "no login: the age of decisions counts from here")]
    let now = SystemTime::now();
    let before = now.checked_sub(age).ok_or_else(|| Error::bad_input("nothing is as old as that"))?;
    let mut deleted = 0;
    loop {
        let some = data.store.prune_decisions(&data.tenant, before, PRUNED_AT_ONCE).await?;
        deleted += some;
        if some < PRUNED_AT_ONCE.into() {
            break;
        }
        tracing::info!(deleted, "pruning");
    }
    let expired = data.store.purge(now).await?;
    let shown = if json {
        output::json_line(&json!({ "decisions": deleted, "expired": expired }))?
    } else {
        let count = figures::count;
        format!("{} decisions, and {} expired questions and sessions deleted\n", count(deleted), count(expired))
    };
    output::print(shown.as_bytes())
}

/// A decision for programs.
#[derive(Serialize)]
struct DecisionJson<'a> {
    id: &'a str,
    at_ms: u128,
    user: &'a str,
    outcome: &'a str,
    cause: Option<&'a str>,
    record: Value,
}

fn to_json(row: &DecisionRow) -> DecisionJson<'_> {
    DecisionJson {
        id: &row.id,
        at_ms: row.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis(),
        user: &row.user,
        outcome: &row.outcome,
        cause: row.cause.as_deref(),
        record: serde_json::from_str(&row.record).unwrap_or_default(),
    }
}

/// One line: when, what, who, why, and where to read more.
fn line(row: &DecisionRow) -> String {
    let cause = row.cause.as_deref().unwrap_or("-");
    let user = log_text(&row.user, 64);
    format!("{}  {:<10}  {:<22}  {:<24}  {}\n", figures::utc(row.at), row.outcome, cause, user, row.id)
}

fn text(row: &DecisionRow) -> String {
    let record: Value = serde_json::from_str(&row.record).unwrap_or_default();
    let mut text = format!("{}\n", figures::utc(row.at));
    let mut field = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<13} : {}", log_text(value, 2048));
    };
    field("user", &row.user);
    field("outcome", &row.outcome);
    if let Some(cause) = &row.cause {
        field("cause", cause);
    }
    for name in ["entered", "method", "client_ip_addr", "reason", "client_reason", "conflicts"] {
        match record.get(name) {
            Some(Value::String(value)) => field(name, value),
            Some(Value::Number(value)) if value.as_u64() != Some(0) => field(name, &value.to_string()),
            _ => {}
        }
    }
    for name in ["set", "saved"] {
        let names: Vec<_> = list(&record, name).iter().filter_map(Value::as_str).collect();
        if !names.is_empty() {
            field(name, &names.join(" "));
        }
    }
    for step in list(&record, "steps") {
        let micros = step.get("micros").and_then(Value::as_u64).unwrap_or_default();
        let name = step.get("step").and_then(Value::as_str).unwrap_or_default();
        field("step", &format!("{name:<10} {}", figures::duration(Duration::from_micros(micros))));
    }
    for policy in list(&record, "policies") {
        let of = |name: &str| policy.get(name).and_then(Value::as_str).unwrap_or_default();
        let fuel = figures::count(policy.get("fuel").and_then(Value::as_u64).unwrap_or_default());
        field("policy", &format!("{} {}, {fuel} fuel, sha256 {}", of("name"), of("version"), of("sha256")));
        for logged in list(policy, "log") {
            field("log", &logged.to_string());
        }
    }
    text
}

fn list<'a>(record: &'a Value, name: &str) -> &'a [Value] {
    record.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

const AFTER_HELP: &str = "\
Examples:
  vestibule decisions tail -n 50
  vestibule decisions tail --follow --json | jq 'select(.outcome == \"denied\")'
  vestibule decisions show 5f0c1d8e9b7a46d2a3c4e5f60718293a
  vestibule decisions prune --older-than 90d
";
