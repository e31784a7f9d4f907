//! `vestibule policy`: versions of policies, and the chain that decides.
//!
//! Not for: what a policy is; `vestibule inspect` looks at a file.

mod chain;
mod upload;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::client::{Call, escape};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::reading::Reading as _;
use crate::target::{Site, Target};
use crate::{figures, input, output};

/// Keep the policies that decide on logins: upload, activate, try beside, roll back
///
/// An uploaded version decides on nothing until it is activated. The chain's policies run in their order; the first that denies or asks ends
/// it, and what they save is stored together.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
    /// Print JSON, for programs
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Upload a component or core module as a new version, and show what it may do
    Put(upload::Put),
    /// The active chain, and the policies that are not in it
    List,
    /// A policy's versions, settings and grants
    Show(Named),
    /// What a version may do beyond the active one
    Diff(chain::Versioned),
    /// Let a version decide: in its place in the chain, or at the end
    Activate(chain::Activate),
    /// Let a version see the same logins as the active one, without effect
    Shadow(chain::Versioned),
    /// Let a version decide on some of the users, always the same ones
    Canary(chain::Canary),
    /// How the version on trial has done
    Trial(Named),
    /// End a trial: the version that decides stays
    EndTrial(Named),
    /// Bring the chain before back, or the one of a revision
    Rollback(chain::RollBack),
    /// The chains that were active, newest first
    History,
    /// Take a policy out of the chain; its versions stay
    Deactivate(Named),
    /// Remove a version, or a policy with all its versions
    Rm(Remove),
    /// Set settings for the next activation: all of them, as a JSON object
    Config(Filed),
    /// Set grants for the next activation: all of them, as a JSON object
    Grants(Filed),
    /// Set a secret, read from standard input or a file; it counts from the next login on
    Secret(SecretOptions),
    /// What a policy logged lately
    Logs(Logs),
}

/// One policy.
#[derive(Debug, Args)]
struct Named {
    /// The policy's name
    name: String,
}

#[derive(Debug, Args)]
struct Remove {
    /// The policy's name
    name: String,
    /// One version; all of them and the policy, unless given
    #[arg(long)]
    version: Option<i64>,
}

#[derive(Debug, Args)]
struct Filed {
    /// The policy's name
    name: String,
    /// The file; `-` reads standard input
    file: PathBuf,
}

#[derive(Debug, Args)]
struct SecretOptions {
    /// The policy's name
    name: String,
    /// The secret's name
    secret: String,
    /// The file, of which the first line counts; `-` reads standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// Remove it instead
    #[arg(long, conflicts_with = "file")]
    remove: bool,
}

#[derive(Debug, Args)]
struct Logs {
    /// The policy's name
    name: String,
    /// Of how many decisions
    #[arg(short = 'n', long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    lines: u32,
}

pub(crate) async fn run(options: Options) -> Result<Exit> {
    let site = options.target.open().await?;
    let done = act(&site, &options.action, options.json).await;
    site.client.close().await;
    done.map(|()| Exit::Allowed)
}

async fn act(site: &Site, action: &Action, json: bool) -> Result<()> {
    match action {
        Action::Put(put) => put.run(site, json).await,
        Action::List => list(site, json).await,
        Action::Show(Named { name }) => show(site, name, json).await,
        Action::Diff(versioned) => versioned.diff(site, json).await,
        Action::Activate(activate) => activate.run(site, json).await,
        Action::Shadow(versioned) => versioned.shadow(site, json).await,
        Action::Canary(canary) => canary.run(site, json).await,
        Action::Trial(Named { name }) => trial(site, name, json).await,
        Action::EndTrial(Named { name }) => chain::end_trial(site, name, json).await,
        Action::Rollback(rollback) => rollback.run(site, json).await,
        Action::History => chain::history(site, json).await,
        Action::Deactivate(Named { name }) => chain::deactivate(site, name, json).await,
        Action::Rm(Remove { name, version }) => {
            let number = version.map(|number| number.to_string());
            let mut path = vec!["policies", name];
            path.extend(number.as_deref().map(|number| ["versions", number]).into_iter().flatten());
            site.client.json(Call::delete(&site.path(&path))).await.map(|_| ())
        }
        Action::Config(Filed { name, file }) => change(site, name, "settings", file).await,
        Action::Grants(Filed { name, file }) => change(site, name, "grants", file).await,
        Action::Secret(options) => secret(site, options).await,
        Action::Logs(Logs { name, lines }) => logs(site, name, *lines, json).await,
    }
}

async fn list(site: &Site, json: bool) -> Result<()> {
    let chain = site.client.json(Call::get(&site.path(&["chain"]))).await?;
    let policies = all(site).await?;
    if json {
        return output::print(output::json_line(&json!({ "active": chain, "policies": policies }))?.as_bytes());
    }
    let mut text = String::new();
    let links = chain.list("chain");
    for (index, link) in links.iter().enumerate() {
        let trial = link
            .get("trial")
            .map(|trial| format!(", version {} on trial as {}", trial.at("version"), trial.shown("mode")));
        text += &format!(
            "{}. {:<24} version {}{}\n",
            index + 1,
            link.shown("policy"),
            link.at("version"),
            trial.unwrap_or_default()
        );
    }
    if links.is_empty() {
        text += "no policy is active\n";
    }
    for policy in &policies {
        if links.iter().all(|link| link.at("policy") != policy.at("name")) {
            text += &format!("-  {:<24} not active, newest version {}\n", policy.shown("name"), policy.at("latest"));
        }
    }
    output::print(text.as_bytes())
}

/// All policies, page after page.
async fn all(site: &Site) -> Result<Vec<Value>> {
    let first = format!("{}?count=1000", site.path(&["policies"]));
    let (mut path, mut policies) = (first.clone(), Vec::new());
    loop {
        let page = site.client.json(Call::get(&path)).await?;
        policies.extend(page.list("policies").iter().cloned());
        match page.text("next") {
            "" => return Ok(policies),
            next => path = format!("{first}&after={}", escape(next)),
        }
    }
}

async fn show(site: &Site, name: &str, json: bool) -> Result<()> {
    let policy = site.client.json(Call::get(&site.path(&["policies", name]))).await?;
    let versions = site.client.json(Call::get(&site.path(&["policies", name, "versions"]))).await?;
    let secrets = site.client.json(Call::get(&site.path(&["policies", name, "secrets"]))).await?;
    let whole = json!({ "policy": policy, "versions": versions.at("versions"), "secrets": secrets.at("secrets") });
    if json {
        return output::print(output::json_line(&whole)?.as_bytes());
    }
    let mut text = format!("{name}\n\nversions\n");
    for version in versions.list("versions") {
        let size = usize::try_from(version.at("bytes").as_u64().unwrap_or_default()).unwrap_or(usize::MAX);
        text += &format!(
            "  {:<4} {:<12} {}  {}  by {}  sha256 {}\n",
            version.at("version"),
            version.at("manifest").shown("version"),
            version.shown("created"),
            figures::bytes(size),
            version.shown("actor"),
            version.shown("sha256"),
        );
    }
    text += &format!("\nsettings\n  {}\n\ngrants\n  {}\n\nsecrets\n", policy.at("settings"), policy.at("grants"));
    for secret in secrets.list("secrets") {
        text += &format!("  {:<24} set {}\n", secret.shown("name"), secret.shown("changed"));
    }
    output::print(text.as_bytes())
}

async fn trial(site: &Site, name: &str, json: bool) -> Result<()> {
    let trial = site.client.json(Call::get(&site.path(&["chain", "trials", name]))).await?;
    if json {
        return output::print(output::json_line(&trial)?.as_bytes());
    }
    let mut text = format!(
        "{} logins compared, {} different, {} not compared, {} failed\n",
        trial.at("compared"),
        trial.at("different"),
        trial.at("skipped"),
        trial.at("faults")
    );
    for difference in trial.list("differences") {
        let fields: Vec<_> = difference.lines("fields").collect();
        let (active, other) = (difference.shown("active"), difference.shown("trial"));
        text += &format!("  {:<24} {active} -> {other}  {}\n", difference.shown("user"), fields.join(" "));
    }
    output::print(text.as_bytes())
}

async fn change(site: &Site, name: &str, key: &str, file: &std::path::Path) -> Result<()> {
    let mut change = serde_json::Map::new();
    change.insert(key.to_owned(), input::json::<Value>("config file", file)?);
    site.client.json(Call::put(&site.path(&["policies", name]), &change.into())).await.map(|_| ())
}

async fn secret(site: &Site, options: &SecretOptions) -> Result<()> {
    let path = site.path(&["policies", &options.name, "secrets", &options.secret]);
    if options.remove {
        return site.client.json(Call::delete(&path)).await.map(|_| ());
    }
    let text = input::text("secret file", &options.file)?;
    let value = text.lines().next().unwrap_or_default();
    site.client.json(Call::put(&path, &json!({ "value": value }))).await.map(|_| ())
}

/// What stands in the records of the last decisions.
async fn logs(site: &Site, name: &str, lines: u32, json: bool) -> Result<()> {
    let path = format!("{}?count={lines}", site.path(&["decisions"]));
    let decisions = site.client.json(Call::get(&path)).await?;
    for decision in decisions.list("decisions").iter().rev() {
        let policies = decision.at("record").list("policies").iter().filter(|policy| policy.at("name") == name);
        for logged in policies.flat_map(|policy| policy.list("log")) {
            let shown = match json {
                true => {
                    output::json_line(&json!({ "id": decision.at("id"), "at": decision.at("at"), "line": logged }))?
                }
                false => format!("{}  {}  {logged}\n", decision.shown("at"), decision.shown("id")),
            };
            output::print(shown.as_bytes())?;
        }
    }
    Ok(())
}

/// What a command cannot do without.
fn missing(name: &str) -> Error {
    Error::bad_input(format!("the policy `{}` is not in the active chain", input::shown(std::path::Path::new(name))))
        .hint("`vestibule policy list` shows the chain, `vestibule policy activate` changes it")
}

const AFTER_HELP: &str = "\
Examples:
  vestibule policy put known-device.wasm --activate
  vestibule policy put group-map.wasm --config groups.json --grant-wanted
  vestibule policy diff group-map
  vestibule policy shadow group-map --version 2
  vestibule policy trial group-map
  vestibule policy canary group-map --version 2 --percent 5
  vestibule policy activate group-map --version 2 --roll-back-after 10
  vestibule policy rollback
";
