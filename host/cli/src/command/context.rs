//! `vestibule context`: which server commands speak to.
//!
//! Not for: the server's configuration.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use vestibule_domain::TenantName;

use crate::client::Client;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output;
use crate::target::read_token;

/// Choose the server that commands speak to
///
/// It is kept in `vestibule/context.toml` in $XDG_CONFIG_HOME or ~/.config, for nobody else to read.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Speak to this server from now on
    Set {
        /// Its address: `https://HOST:PORT`, `http://HOST:PORT` or `unix:PATH`
        server: String,
        /// A file with the token for it
        #[arg(long, value_name = "FILE")]
        token_file: Option<PathBuf>,
        /// Certificates that it is believed by, in PEM; those of the system, unless given
        #[arg(long, value_name = "FILE")]
        ca_file: Option<PathBuf>,
        /// The tenant that is meant, unless a command says otherwise
        #[arg(long, value_name = "NAME")]
        tenant: Option<TenantName>,
    },
    /// What is set, without the token
    Show,
    /// Work on the data directory again
    Clear,
}

pub(crate) fn run(options: &Options) -> Result<Exit> {
    match &options.action {
        Action::Set { server, token_file, ca_file, tenant } => {
            let token = token_file.as_deref().map(read_token).transpose()?;
            Client::connect(server, None, ca_file.as_deref())?;
            let context = Context { server: server.clone(), token, ca_file: ca_file.clone(), tenant: tenant.clone() };
            let path = context.write()?;
            output::say(&format!("kept in `{}`", path.display()));
        }
        Action::Show => match Context::read()? {
            Some(context) => output::print(shown(&context).as_bytes())?,
            None => output::say("none is set: commands work on the data directory"),
        },
        Action::Clear => {
            let path = Context::path().filter(|path| path.exists());
            if let Some(path) = path {
                std::fs::remove_file(path).map_err(|error| Error::fault("cannot remove it").because(&error))?;
            }
        }
    }
    Ok(Exit::Allowed)
}

fn shown(context: &Context) -> String {
    let token = if context.token.is_some() { "***" } else { "none" };
    let tenant = context.tenant.clone().unwrap_or_default();
    format!("server : {}\ntoken  : {token}\ntenant : {tenant}\n", context.server)
}

const AFTER_HELP: &str = "\
Examples:
  vestibule context set unix:/run/vestibule/http.sock
  vestibule context set https://vpn.example.com:9443 --token-file token --tenant acme
";
