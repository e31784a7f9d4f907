//! `vestibule completions`: a script that completes this program's command line.

use clap::{Args, Command, ValueEnum};
use clap_complete::{Shell, generate};

use crate::error::Result;
use crate::exit::Exit;
use crate::output;

/// Print a script that completes this command line in a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vestibule completions bash > ~/.local/share/bash-completion/completions/vestibule
  vestibule completions zsh > ~/.zfunc/_vestibule
  vestibule completions fish > ~/.config/fish/completions/vestibule.fish")]
pub(crate) struct Options {
    /// The shell
    shell: ShellName,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ShellName {
    Bash,
    Zsh,
    Fish,
}

/// Of all that can be asked.
pub(crate) fn run(options: &Options, all: &Command) -> Result<Exit> {
    let shell = match options.shell {
        ShellName::Bash => Shell::Bash,
        ShellName::Zsh => Shell::Zsh,
        ShellName::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    generate(shell, &mut for_people(all), "vestibule", &mut script);
    output::print(&script)?;
    Ok(Exit::Allowed)
}

/// The command line without what is hidden: the generators would offer that too.
fn for_people(all: &Command) -> Command {
    let shown = all.get_subcommands().filter(|subcommand| !subcommand.is_hide_set());
    Command::new("vestibule").version(env!("CARGO_PKG_VERSION")).subcommands(shown.cloned())
}
