//! `vestibule decisions`: what was decided, on whom, and why.
//!
//! Not for: deciding again; that is `vestibule replay`.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use vestibule_domain::text::log_text;
use vestibule_store::{Log, PruneFilter};

use crate::client::{Call, Events, escape};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::host::now;
use crate::reading::Reading as _;
use crate::target::{Site, Target};
use crate::{figures, output};

/// How many decisions are deleted while logins wait: some hundredths of a second.
const PRUNED_AT_ONCE: u32 = 5_000;
/// The most decisions of one answer.
const PAGE: usize = 1_000;

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
    let site = options.target.open().await?;
    let done = match &options.action {
        Action::Tail { lines, follow } => tail(&site, *lines, *follow, options.json).await,
        Action::Show { id } => show(&site, id, options.json).await,
        Action::Prune { older_than } => prune(&site, **older_than, options.json).await,
    };
    site.client.close().await;
    done.map(|()| Exit::Allowed)
}

async fn tail(site: &Site, lines: u32, follow: bool, json: bool) -> Result<()> {
    let mut decisions = Vec::new();
    let mut before = String::new();
    while decisions.len() < lines as usize {
        let count = PAGE.min(lines as usize - decisions.len());
        let page = site.client.json(Call::get(&format!("{}?count={count}{before}", site.path(&["decisions"])))).await?;
        decisions.extend(page.list("decisions").iter().cloned());
        match page.text("next") {
            "" => break,
            next => before = format!("&before={}", escape(next)),
        }
    }
    let print = |decision: &Value| {
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
    let call = Call::get(&path)
        .with_header("last-event-id", decisions.first().map(|last| last.text("id").to_owned()).unwrap_or_default());
    let mut events = Events::new(site.client.stream(call).await?);
    // Some are sent again; see the API's document.
    let printed: HashSet<_> = decisions.iter().map(|decision| decision.text("id").to_owned()).collect();
    let oldest = decisions.last().map(|last| last.text("id").to_owned()).unwrap_or_default();
    while let Some(event) = events.next().await? {
        let decision: Value =
            serde_json::from_str(&event).map_err(|error| Error::fault("an event cannot be read").because(&error))?;
        let id = decision.text("id");
        if id > oldest.as_str() && !printed.contains(id) && !print(&decision)? {
            return Ok(());
        }
    }
    // Whoever watches must not take silence for calm.
    let hint = "follow them again: it goes on if the server was restarted, and says what is wrong if the token is";
    Err(Error::fault("the server has ended the stream of decisions").hint(hint))
}

async fn show(site: &Site, id: &str, json: bool) -> Result<()> {
    let decision = site.client.json(Call::get(&site.path(&["decisions", id]))).await?;
    let shown = if json { output::json_line(&decision)? } else { text(&decision) };
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
fn line(decision: &Value) -> String {
    let of = |name: &str| decision.text(name);
    let cause = decision.get("cause").and_then(Value::as_str).unwrap_or("-");
    let user = log_text(of("user"), 64);
    format!("{}  {:<10}  {cause:<22}  {user:<24}  {}\n", of("at"), of("outcome"), of("id"))
}

fn text(decision: &Value) -> String {
    let mut text = format!("{}\n", decision.text("at"));
    let mut field = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<13} : {}", log_text(value, 2048));
    };
    for name in ["user", "outcome", "cause"] {
        if let Some(value) = decision.get(name).and_then(Value::as_str) {
            field(name, value);
        }
    }
    let record = decision.at("record");
    for name in ["entered", "method", "client_ip_addr", "reason", "client_reason", "conflicts"] {
        match record.get(name) {
            Some(Value::String(value)) => field(name, value),
            Some(Value::Number(value)) if value.as_u64() != Some(0) => field(name, &value.to_string()),
            _ => {}
        }
    }
    for name in ["set", "saved"] {
        let names: Vec<_> = record.list(name).iter().filter_map(Value::as_str).collect();
        if !names.is_empty() {
            field(name, &names.join(" "));
        }
    }
    for step in record.list("steps") {
        let micros = step.get("micros").and_then(Value::as_u64).unwrap_or_default();
        field("step", &format!("{:<10} {}", step.text("step"), figures::duration(Duration::from_micros(micros))));
    }
    for policy in record.list("policies") {
        let of = |name: &str| policy.text(name);
        let fuel = figures::count(policy.get("fuel").and_then(Value::as_u64).unwrap_or_default());
        field("policy", &format!("{} {}, {fuel} fuel, sha256 {}", of("name"), of("version"), of("sha256")));
        for logged in policy.list("log") {
            field("log", &logged.to_string());
        }
        let dropped = policy.get("dropped_log_lines").and_then(Value::as_u64).unwrap_or_default();
        if dropped > 0 {
            field("log", &format!("{} more lines were dropped", figures::count(dropped)));
        }
    }
    text
}

const AFTER_HELP: &str = "\
Examples:
  vestibule decisions tail -n 50
  vestibule decisions tail --follow --json | jq 'select(.outcome == \"denied\")'
  vestibule decisions show 5f0c1d8e9b7a46d2a3c4e5f60718293a
  vestibule decisions prune --older-than 90d
";
