//! Capabilities in plain words.
//!
//! Not for: what they do; see [`crate::host`] and [`crate::wasi`].

use std::fmt;

/// Something that a policy imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// Reads its settings.
    Config,
    /// Reads its secrets.
    Secrets,
    /// Writes log lines.
    Log,
    /// Searches the directory.
    Directory,
    /// Sends requests.
    Http,
    /// Knows the time.
    Clock,
    /// Draws random numbers.
    Random,
    /// Prints, which becomes log lines.
    Output,
    /// Sleeps.
    Sleep,
}

impl Capability {
    /// The stable name, for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Secrets => "secrets",
            Self::Log => "log",
            Self::Directory => "directory",
            Self::Http => "http",
            Self::Clock => "clock",
            Self::Random => "random",
            Self::Output => "output",
            Self::Sleep => "sleep",
        }
    }
}

/// In plain words.
impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Config => "reads its settings",
            Self::Secrets => "reads its secrets",
            Self::Log => "writes log lines",
            Self::Directory => "searches the directory, if granted",
            Self::Http => "sends requests to granted origins",
            Self::Clock => "knows the time of the login",
            Self::Random => "draws random numbers",
            Self::Output => "prints, which becomes log lines",
            Self::Sleep => "sleeps, until the deadline at most",
        })
    }
}
