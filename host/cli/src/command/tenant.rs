//! `vestibule tenant`: the tenants of a host.
//!
//! Not for: what is a tenant's own.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use vestibule_api::{After, Tenant, TenantChange, Tenants};
use vestibule_domain::TenantName;

use crate::client::Call;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::target::{Site, Target};
use crate::{input, output};

/// Keep tenants: how their users log in, and what they may use
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Every tenant's name
    List,
    /// A tenant's settings and terms, as JSON
    Show {
        /// Its name
        name: TenantName,
    },
    /// Make a tenant, or change its settings and terms
    Put {
        /// Its name
        name: TenantName,
        /// All of its settings: a JSON object with the keys of a tenant's table in `vestibule.toml`
        #[arg(long, value_name = "FILE")]
        settings: Option<PathBuf>,
        /// All of its terms: a JSON object; `show` prints every key
        #[arg(long, value_name = "FILE")]
        terms: Option<PathBuf>,
    },
    /// Remove a tenant with all that is its own: users, policies, decisions, tokens
    Rm {
        /// Its name
        name: TenantName,
        /// Really
        #[arg(long)]
        yes: bool,
    },
}

pub(crate) async fn run(options: Options) -> Result<Exit> {
    options.target.at(async |site| act(site, &options.action).await).await?;
    Ok(Exit::Allowed)
}

async fn act(site: &Site, action: &Action) -> Result<()> {
    match action {
        Action::List => list(site).await,
        Action::Show { name } => {
            let tenant: Tenant = site.client.read(Call::get(&path(name))).await?;
            output::print(output::json_lines(&tenant)?.as_bytes())
        }
        Action::Put { name, settings, terms } => {
            let settings = settings.as_deref().map(|file| input::json("settings file", file)).transpose()?;
            let terms = terms.as_deref().map(|file| input::json("terms file", file)).transpose()?;
            site.client.done(Call::put(&path(name), &TenantChange { settings, terms })?).await
        }
        Action::Rm { yes: false, name } => {
            Err(Error::bad_input(format!("this removes `{name}` with its users, policies, decisions and tokens"))
                .hint("say `--yes` if that is what you want"))
        }
        Action::Rm { name, .. } => site.client.done(Call::delete(&path(name))).await,
    }
}

async fn list(site: &Site) -> Result<()> {
    let mut part = After { count: Some(1000), after: None };
    loop {
        let Tenants { tenants } = site.client.read(Call::get("/v1/tenants").query(&part)?).await?;
        let names: Vec<_> = tenants.into_iter().map(|tenant| tenant.name.to_string()).collect();
        let Some(last) = names.last() else { return Ok(()) };
        part.after = Some(last.clone());
        if !output::print_part(format!("{}\n", names.join("\n")).as_bytes())? {
            return Ok(());
        }
    }
}

fn path(name: &TenantName) -> String {
    format!("/v1/tenants/{name}")
}

const AFTER_HELP: &str = "\
Examples:
  vestibule tenant put acme
  vestibule tenant put acme --settings acme.json --terms small.json
  vestibule tenant show acme
  vestibule --help
";
