//! `vestibule tenant`: the tenants of a host.
//!
//! Not for: what is a tenant's own.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use vestibule_domain::TenantName;

use crate::client::{Call, escape};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::reading::Reading as _;
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
        #[arg(value_parser = crate::arguments::tenant)]
        name: TenantName,
    },
    /// Make a tenant, or change its settings and terms
    Put {
        /// Its name
        #[arg(value_parser = crate::arguments::tenant)]
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
        #[arg(value_parser = crate::arguments::tenant)]
        name: TenantName,
        /// Really
        #[arg(long)]
        yes: bool,
    },
}

pub(crate) async fn run(options: Options) -> Result<Exit> {
    let site = options.target.open().await?;
    let done = act(&site, &options.action).await;
    site.client.close().await;
    done.map(|()| Exit::Allowed)
}

async fn act(site: &Site, action: &Action) -> Result<()> {
    match action {
        Action::List => list(site).await,
        Action::Show { name } => {
            let tenant = site.client.json(Call::get(&path(name))).await?;
            output::print(format!("{tenant:#}\n").as_bytes())
        }
        Action::Put { name, settings, terms } => {
            let mut change = json!({});
            for (key, file) in [("settings", settings), ("terms", terms)] {
                if let (Some(file), Some(change)) = (file, change.as_object_mut()) {
                    change.insert(key.to_owned(), input::json::<Value>("tenant file", file)?);
                }
            }
            site.client.json(Call::put(&path(name), &change)).await.map(|_| ())
        }
        Action::Rm { yes: false, name } => {
            Err(Error::bad_input(format!("this removes `{name}` with its users, policies, decisions and tokens"))
                .hint("say `--yes` if that is what you want"))
        }
        Action::Rm { name, .. } => site.client.json(Call::delete(&path(name))).await.map(|_| ()),
    }
}

async fn list(site: &Site) -> Result<()> {
    let mut after = String::new();
    loop {
        let page = site.client.json(Call::get(&format!("/v1/tenants?count=1000{after}"))).await?;
        let names: Vec<_> = page.list("tenants").iter().filter_map(|tenant| tenant.at("name").as_str()).collect();
        let Some(last) = names.last() else { return Ok(()) };
        after = format!("&after={}", escape(last));
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
