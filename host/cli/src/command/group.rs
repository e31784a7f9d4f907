//! `vestibule group`: groups' properties.
//!
//! Not for: members; a user's `conn_group` says where the user belongs.

use clap::{Args, Subcommand};

use super::profile::{self, Kind};
use crate::error::Result;
use crate::exit::Exit;
use crate::target::{Site, Target};

/// Keep groups: what their members inherit, and which addresses are theirs
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
    /// Remove the group; members whose records still name it can no longer log in
    Del {
        /// The group's name
        name: String,
    },
}

pub(crate) async fn run(options: Options) -> Result<Exit> {
    let act = async |site: &Site| match &options.action {
        Action::Prop { action } => Kind::Group.run(site, action).await,
        Action::Del { name } => Kind::Group.remove(site, name).await,
    };
    options.target.at(act).await?;
    Ok(Exit::Allowed)
}

const AFTER_HELP: &str = "\
Examples:
  vestibule group prop put staff group_subnets.0=10.1.0.0/16 prop_autologin=true
  vestibule user prop put alice conn_group=staff
  vestibule group prop list
";
