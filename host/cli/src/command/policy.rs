//! `vestibule policy`: versions of policies, and the chain that decides.
//!
//! Not for: what a policy is; `vestibule inspect` looks at a file.

mod chain;
mod upload;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use vestibule_api::{
    After, Before, Decision, Decisions, Link, Policies, Policy, PolicyChange, Revision, SecretName, SecretNames,
    SecretValue, TrialDifference, TrialReport, Version, Versions,
};
use vestibule_domain::Secret;

use crate::client::{Call, unreadable};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::shown;
use crate::target::{Site, Target};
use crate::{figures, input, output};

/// Keep the policies that decide on logins: upload, activate, try beside, roll back
///
/// An uploaded version decides on nothing until it is activated. The chain's policies run in their order; the first that denies or asks
/// ends it, and what they save is stored together.
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
    options.target.at(async |site| act(site, &options.action, options.json).await).await?;
    Ok(Exit::Allowed)
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
            site.client.done(Call::delete(&site.path(&path))).await
        }
        Action::Config(Filed { name, file }) => {
            let settings = Some(input::json("config file", file)?);
            change(site, name, PolicyChange { settings, ..PolicyChange::default() }).await
        }
        Action::Grants(Filed { name, file }) => {
            let grants = Some(input::json("grants file", file)?);
            change(site, name, PolicyChange { grants, ..PolicyChange::default() }).await
        }
        Action::Secret(options) => secret(site, options).await,
        Action::Logs(Logs { name, lines }) => logs(site, name, *lines, json).await,
    }
}

async fn list(site: &Site, json: bool) -> Result<()> {
    let active: Revision = site.client.read(Call::get(&site.path(&["chain"]))).await?;
    let policies = all(site).await?;
    if json {
        return output::print(output::json_line(&json!({ "active": active, "policies": policies }))?.as_bytes());
    }
    let mut text = String::new();
    for (place, Link { policy, version, trial, .. }) in (1..).zip(&active.chain) {
        let trial =
            trial.as_ref().map(|trial| format!(", version {} on trial as {}", trial.version, trial.mode.name()));
        text += &format!("{place}. {:<24} version {version}{}\n", shown(policy), trial.unwrap_or_default());
    }
    if active.chain.is_empty() {
        text += "no policy is active\n";
    }
    for Policy { name, latest, .. } in &policies {
        if active.chain.iter().all(|link| link.policy != *name) {
            let newest = latest.map_or_else(|| "none".to_owned(), |latest| latest.to_string());
            text += &format!("-  {:<24} not active, newest version {newest}\n", shown(name));
        }
    }
    output::print(text.as_bytes())
}

/// All policies, page after page.
async fn all(site: &Site) -> Result<Vec<Policy>> {
    let (path, mut part) = (site.path(&["policies"]), After { count: Some(1000), after: None });
    let mut all = Vec::new();
    loop {
        let Policies { policies, next } = site.client.read(Call::get(&path).query(&part)?).await?;
        all.extend(policies);
        match next {
            None => return Ok(all),
            after => part.after = after,
        }
    }
}

async fn show(site: &Site, name: &str, json: bool) -> Result<()> {
    let policy: Policy = site.client.read(Call::get(&site.path(&["policies", name]))).await?;
    let Versions { versions } = site.client.read(Call::get(&site.path(&["policies", name, "versions"]))).await?;
    let SecretNames { secrets } = site.client.read(Call::get(&site.path(&["policies", name, "secrets"]))).await?;
    if json {
        let whole = json!({ "policy": policy, "versions": versions, "secrets": secrets });
        return output::print(output::json_line(&whole)?.as_bytes());
    }
    let mut text = format!("{name}\n\nversions\n");
    for Version { version, manifest, created, bytes, actor, sha256, .. } in versions {
        let size = figures::bytes(usize::try_from(bytes).unwrap_or(usize::MAX));
        let called = manifest.map(|manifest| shown(&manifest.version)).unwrap_or_default();
        let (created, actor, sha256) = (shown(&created), shown(&actor), shown(&sha256));
        text += &format!("  {version:<4} {called:<12} {created}  {size}  by {actor}  sha256 {sha256}\n");
    }
    let (settings, grants) = (output::json_line(&policy.settings)?, output::json_line(&policy.grants)?);
    text += &format!("\nsettings\n  {settings}\ngrants\n  {grants}\nsecrets\n");
    for SecretName { name, changed } in secrets {
        text += &format!("  {:<24} set {}\n", shown(&name), shown(&changed));
    }
    output::print(text.as_bytes())
}

async fn trial(site: &Site, name: &str, json: bool) -> Result<()> {
    let trial: TrialReport = site.client.read(Call::get(&site.path(&["chain", "trials", name]))).await?;
    if json {
        return output::print(output::json_line(&trial)?.as_bytes());
    }
    let TrialReport { compared, different, skipped, faults, differences } = trial;
    let mut text =
        format!("{compared} logins compared, {different} different, {skipped} not compared, {faults} failed\n");
    for TrialDifference { user, active, trial, fields } in differences {
        let fields: Vec<_> = fields.iter().map(|field| shown(field)).collect();
        let (user, active, trial) = (shown(&user), shown(&active), shown(&trial));
        text += &format!("  {user:<24} {active} -> {trial}  {}\n", fields.join(" "));
    }
    output::print(text.as_bytes())
}

async fn change(site: &Site, name: &str, change: PolicyChange) -> Result<()> {
    site.client.done(Call::put(&site.path(&["policies", name]), &change)?).await
}

async fn secret(site: &Site, options: &SecretOptions) -> Result<()> {
    let path = site.path(&["policies", &options.name, "secrets", &options.secret]);
    if options.remove {
        return site.client.done(Call::delete(&path)).await;
    }
    let text = input::text("secret file", &options.file)?;
    let value = Secret::new(text.lines().next().unwrap_or_default());
    site.client.done(Call::put(&path, &SecretValue { value })?).await
}

/// What stands in the records of the last decisions.
async fn logs(site: &Site, name: &str, lines: u32, json: bool) -> Result<()> {
    let part = Before { count: Some(lines), before: None };
    let Decisions { decisions, .. } = site.client.read(Call::get(&site.path(&["decisions"])).query(&part)?).await?;
    for decision in decisions.iter().rev() {
        let (Decision { id, at, .. }, record) =
            (decision, decision.record().map_err(|error| unreadable().because(&error))?);
        let runs = record.policies.iter().filter(|run| run.name == name);
        for logged in runs.flat_map(|run| &run.log) {
            let printed = match json {
                true => output::json_line(&json!({ "id": id, "at": at, "line": logged }))?,
                false => format!("{}  {}  {}", shown(at), shown(id), output::json_line(logged)?),
            };
            output::print(printed.as_bytes())?;
        }
    }
    Ok(())
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
