//! The command line: what can be asked, and the help that explains it.
//!
//! Not for: doing any of it.

use clap::{Parser, Subcommand};
use vestibule_compiler::SUBCOMMAND;

use crate::command::{
    authcli, compile_component, completions, config, context, decisions, group, inspect, policy, replay, serve, tenant,
    token, try_policy, user,
};
use crate::exit::Exit;

/// Decide who may come through a VPN's door, by policies in WebAssembly
///
/// A policy looks at a login whose password was right, and lets the user in, keeps the user out, or asks one more question. It
/// runs in a sandbox without files, network or other processes, under limits on time and memory; whatever goes wrong in
/// it keeps that one user out, and nothing else happens.
#[derive(Debug, Parser)]
#[command(name = "vestibule", version, max_term_width = 110, after_help = after_help())]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Try(try_policy::Options),
    Replay(replay::Options),
    Inspect(inspect::Options),
    Serve(serve::Options),
    Authcli(authcli::Options),
    User(user::Options),
    Group(group::Options),
    Policy(policy::Options),
    Tenant(tenant::Options),
    Token(token::Options),
    Context(context::Options),
    Decisions(decisions::Options),
    Config(config::Options),
    Completions(completions::Options),
    #[command(name = SUBCOMMAND, hide = true)]
    CompileComponent(compile_component::Options),
}

impl Command {
    /// Whether the answer is for a program.
    pub(crate) const fn is_for_programs(&self) -> bool {
        match self {
            Self::Try(options) => options.json,
            Self::Replay(options) => options.json,
            Self::Inspect(options) => options.json,
            Self::Authcli(options) => options.json,
            Self::Policy(options) => options.json,
            Self::Decisions(options) => options.json,
            Self::Serve(_)
            | Self::User(_)
            | Self::Group(_)
            | Self::Tenant(_)
            | Self::Token(_)
            | Self::Context(_)
            | Self::Config(_)
            | Self::Completions(_)
            | Self::CompileComponent(_) => false,
        }
    }
}

fn after_help() -> String {
    let examples = "\
Examples:
  vestibule inspect known-device.wasm
      what the policy is, what it can do and what it wants
  vestibule try known-device.wasm --login laptop.json
      what it would answer to this login, and what that costs
  vestibule replay login.recording
      whether a recorded login still comes out the same
  vestibule policy put known-device.wasm --activate
  vestibule user passwd alice
  vestibule authcli -u alice
      a policy is active, Alice has a password, and logs in
  vestibule decisions tail
      what was decided
  vestibule serve
      the same over HTTP, for front doors and administrators

Environment:
  VESTIBULE_LOG   what this program logs to standard error, such as `debug`; nothing unless set, a server as it is configured
  VESTIBULE_DATA  the data directory; /var/lib/vestibule unless set
  XDG_CACHE_HOME  where compiled policies are kept; ~/.cache unless set
";
    format!("{examples}\n{}", Exit::table())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_compiling_child_is_not_for_people() {
        let help = Arguments::command().render_long_help().to_string();
        assert!(!help.contains(SUBCOMMAND), "{help}");
    }
}
