//! `vestibule user`: users' properties and passwords.
//!
//! Not for: what a user is allowed; policies and properties say that at each login.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use vestibule_api::Password;
use vestibule_domain::{EnteredUser, Secret};

use super::profile::{self, Kind};
use crate::client::Call;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::prompt::Answers;
use crate::target::{Site, Target};

/// Keep users: their properties and passwords
///
/// `__DEFAULT__` is the record whose `prop_` and `cli_` properties everybody inherits.
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
    /// Properties on record
    Prop {
        #[command(subcommand)]
        action: profile::Action,
    },
    /// Set or remove the local password; setting it unlocks the account
    Passwd(Passwd),
    /// Remove the record and the password
    Del {
        /// The user's name
        name: String,
    },
}

#[derive(Debug, Args)]
struct Passwd {
    /// The user's name; the user is made if there is none
    name: EnteredUser,
    /// Read the password from the first line of a file; `-` reads standard input
    #[arg(long, value_name = "FILE", conflicts_with = "remove")]
    pass_file: Option<PathBuf>,
    /// Remove the password: the user can no longer be authenticated locally
    #[arg(long)]
    remove: bool,
}

pub(crate) async fn run(options: Options) -> Result<Exit> {
    let act = async |site: &Site| match &options.action {
        Action::Prop { action } => Kind::User.run(site, action).await,
        Action::Passwd(passwd) => change_password(site, passwd).await,
        Action::Del { name } => Kind::User.remove(site, name).await,
    };
    options.target.at(act).await?;
    Ok(Exit::Allowed)
}

async fn change_password(site: &Site, passwd: &Passwd) -> Result<()> {
    let path = site.path(&["users", passwd.name.as_str(), "password"]);
    let call = match passwd.remove {
        true => Call::delete(&path),
        false => Call::put(&path, &Password { password: ask(passwd)? })?,
    };
    site.client.done(call).await
}

/// Asks twice on a terminal: what nobody sees is easily mistyped.
fn ask(passwd: &Passwd) -> Result<Secret> {
    let mut answers = Answers::new(passwd.pass_file.as_deref())?;
    let password = answers.require("New password")?;
    if matches!(answers, Answers::Terminal) && answers.require("Once more")? != password {
        return Err(Error::bad_input("the passwords differ"));
    }
    Ok(password)
}

const AFTER_HELP: &str = "\
Examples:
  vestibule user passwd alice
  vestibule user prop put alice conn_group=staff prop_autologin=true
  vestibule user prop put __DEFAULT__ prop_lzo=true
  vestibule user prop get alice
  vestibule user prop list > users.json
  vestibule user prop put --file users.json
";
