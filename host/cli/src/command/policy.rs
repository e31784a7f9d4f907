//! `vestibule policy`: a tenant's chain of active policies.
//!
//! Not for: versions and their history.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use vestibule_domain::{Grants, Manifest, Settings};
use vestibule_sandbox::MAX_COMPONENT_BYTES;
use vestibule_store::ChainLink;

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::place::{Data, Place};
use crate::policy::{Compiling, Loader};
use crate::{chain, input, output};

/// Keep the policies that decide on logins
///
/// Policies run in their order; the first that denies or asks ends it, and what they save is stored together.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
    /// Print JSON, for programs
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    compiling: Compiling,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Put a policy at the end of the chain, or in the place of the one with its name
    Add(Add),
    /// The chain, in the order in which its policies run
    List,
    /// Take a policy out of the chain
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
struct Add {
    /// The policy: a WebAssembly component
    policy: PathBuf,
    /// What to call it [default: what its manifest says]
    #[arg(long)]
    name: Option<String>,
    /// Its settings: a JSON object
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Grant all that its manifest wants
    #[arg(long, conflicts_with = "grants")]
    grant_wanted: bool,
    /// What to grant it: a JSON object
    #[arg(long, value_name = "FILE")]
    grants: Option<PathBuf>,
}

pub(crate) async fn run(options: Options) -> Result<Exit> {
    let data = options.place.open().await?;
    match &options.action {
        Action::Add(add) => self::add(&data, add, &options.compiling).await?,
        Action::List => list(&data, &options.compiling, options.json).await?,
        Action::Remove { name } => remove(&data, name).await?,
    }
    data.close().await;
    Ok(Exit::Allowed)
}

async fn add(data: &Data, add: &Add, compiling: &Compiling) -> Result<()> {
    let wasm = input::bytes("policy", &add.policy, MAX_COMPONENT_BYTES)?;
    let policy = Loader::new(compiling, 0)?.load(&wasm, &add.policy).await?;
    let manifest = &policy.manifest;
    let settings =
        add.config.as_deref().map_or_else(|| Ok("{}".to_owned()), |path| input::text("config file", path))?;
    Settings::from_json(&settings, manifest).map_err(|error| {
        Error::bad_input(format!("`{}` cannot run with these settings", manifest.name))
            .because(&error)
            .hint("give them with `--config FILE`; `vestibule inspect` lists them")
    })?;
    let wanted = Grants::as_wanted(manifest);
    let grants = match &add.grants {
        Some(path) => input::json("grants file", path)?,
        None if add.grant_wanted => wanted.clone(),
        None => Grants::default(),
    };
    if grants == Grants::default() && grants != wanted {
        output::say(
            "note: the policy wants more than it is granted; `vestibule inspect` lists what, `--grant-wanted` grants it",
        );
    }
    let link = ChainLink {
        name: add.name.clone().unwrap_or_else(|| manifest.name.clone()),
        digest: policy.compiled.digest(),
        settings,
        grants: serde_json::to_string(&grants).map_err(|error| Error::fault("cannot write JSON").because(&error))?,
    };
    data.store.put_component(&link.digest, &wasm).await?;
    let mut chain = data.store.chain(&data.tenant).await?;
    match chain.iter_mut().find(|other| other.name == link.name) {
        Some(other) => *other = link,
        None => chain.push(link),
    }
    ensure_short(&chain)?;
    Ok(data.store.set_chain(&data.tenant, &chain).await?)
}

fn ensure_short(chain: &[ChainLink]) -> Result<()> {
    let max = vestibule_gate::MAX_LINKS;
    if chain.len() > max { Err(Error::bad_input(format!("a chain has at most {max} policies"))) } else { Ok(()) }
}

async fn remove(data: &Data, name: &str) -> Result<()> {
    let mut chain = data.store.chain(&data.tenant).await?;
    let before = chain.len();
    chain.retain(|link| link.name != name);
    if chain.len() == before {
        return Err(Error::bad_input(format!(
            "no active policy is called `{}`",
            vestibule_domain::text::log_text(name, 64)
        ))
        .hint("`vestibule policy list` lists them"));
    }
    Ok(data.store.set_chain(&data.tenant, &chain).await?)
}

/// A link for programs.
#[derive(Serialize)]
struct LinkJson<'a> {
    name: &'a str,
    sha256: &'a str,
    manifest: &'a Manifest,
    grants: serde_json::Value,
}

async fn list(data: &Data, compiling: &Compiling, json: bool) -> Result<()> {
    let chain = data.store.chain(&data.tenant).await?;
    if chain.is_empty() {
        return if json { Ok(()) } else { output::print(b"no policy is active\n") };
    }
    let loader = Loader::new(compiling, 0)?;
    for link in &chain {
        let manifest = chain::load(data, &loader, link).await?.manifest;
        let grants = serde_json::from_str(&link.grants).unwrap_or_default();
        let shown = if json {
            output::json_line(&LinkJson { name: &link.name, sha256: &link.digest, manifest: &manifest, grants })?
        } else {
            format!("{:<24}  {} {}  sha256 {}\n", link.name, manifest.name, manifest.version, link.digest)
        };
        output::print(shown.as_bytes())?;
    }
    Ok(())
}

const AFTER_HELP: &str = "\
Examples:
  vestibule policy add known-device.wasm
  vestibule policy add group-map.wasm --config groups.json --grant-wanted
  vestibule policy list
  vestibule policy remove known-device
";
