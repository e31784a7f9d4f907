//! The subcommands, one file each.

pub(crate) mod authcli;
pub(crate) mod compile_component;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod context;
pub(crate) mod decisions;
pub(crate) mod group;
pub(crate) mod inspect;
pub(crate) mod policy;
mod profile;
pub(crate) mod replay;
pub(crate) mod serve;
pub(crate) mod tenant;
pub(crate) mod token;
pub(crate) mod try_policy;
pub(crate) mod user;

use clap::CommandFactory as _;
use tokio::runtime;

use crate::arguments::{Arguments, Command};
use crate::error::{Error, Result};
use crate::exit::Exit;

/// Does what was asked.
pub(crate) fn run(command: Command) -> Result<Exit> {
    match command {
        Command::Try(options) => block_on(try_policy::run(options)),
        Command::Replay(options) => block_on(replay::run(options)),
        Command::Inspect(options) => block_on(inspect::run(options)),
        Command::Serve(options) => serve::run(&options),
        Command::Authcli(options) => block_on(authcli::run(options)),
        Command::User(options) => block_on(user::run(options)),
        Command::Group(options) => block_on(group::run(options)),
        Command::Policy(options) => block_on(policy::run(options)),
        Command::Decisions(options) => block_on(decisions::run(options)),
        Command::Tenant(options) => block_on(tenant::run(options)),
        Command::Token(options) => block_on(token::run(options)),
        Command::Context(options) => context::run(&options),
        Command::Config(options) => config::run(&options),
        Command::Completions(options) => completions::run(&options, &Arguments::command()),
        Command::CompileComponent(options) => compile_component::run(&options),
    }
}

fn block_on(work: impl Future<Output = Result<Exit>>) -> Result<Exit> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Error::fault("this machine cannot run anything").because(&error))?.block_on(work)
}
