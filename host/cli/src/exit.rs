//! How the process ends: one number for each thing that a script may want to tell apart.
//!
//! Not for: the words that go with it; see [`crate::error`].

use std::fmt::Write as _;
use std::process::ExitCode;

/// The numbers are stable; 2 is also what a wrong command line ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Allowed = 0,
    Denied = 1,
    BadInput = 2,
    Fault = 3,
    BadPolicy = 4,
    Challenged = 5,
    ReplayDiffers = 6,
}

impl Exit {
    const ALL: [Self; 7] = [
        Self::Allowed,
        Self::Denied,
        Self::BadInput,
        Self::Fault,
        Self::BadPolicy,
        Self::Challenged,
        Self::ReplayDiffers,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::BadInput => "bad input",
            Self::Fault => "fault",
            Self::BadPolicy => "bad policy",
            Self::Challenged => "challenged",
            Self::ReplayDiffers => "replay differs",
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Allowed => "the policy lets the user in; for other commands: done, nothing differs",
            Self::Denied => "the policy keeps the user out",
            Self::BadInput => "a file or an option is not as it should be",
            Self::Fault => "the policy failed, so the user is kept out; or this machine did",
            Self::BadPolicy => "the file is no policy that this host can run",
            Self::Challenged => "the policy asks a question first",
            Self::ReplayDiffers => "a replay came out otherwise than recorded",
        }
    }

    /// The table for the help.
    pub(crate) fn table() -> String {
        let mut table = "Exit codes:\n".to_owned();
        for exit in Self::ALL {
            let _ = writeln!(table, "  {}  {:<14}  {}", exit as u8, exit.name(), exit.meaning());
        }
        table
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::arguments::Arguments;

    #[test]
    fn the_help_shows_every_exit_code() {
        let mut command = Arguments::command();
        command.build();
        let mut helps = vec![command.render_help(), command.render_long_help()];
        for name in ["try", "replay", "inspect", "authcli"] {
            let subcommand = command.find_subcommand_mut(name).unwrap();
            helps.push(subcommand.render_long_help());
        }
        for help in helps.iter().map(ToString::to_string) {
            for exit in Exit::ALL {
                let line = format!("{}  {:<14}  {}", exit as u8, exit.name(), exit.meaning());
                assert!(help.contains(&line), "`{line}` is missing in:\n{help}");
            }
        }
    }
}
