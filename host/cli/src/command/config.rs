//! `vestibule config`: every key of `vestibule.toml` with its default.
//!
//! Not for: what is configured; the file itself says that.

use clap::Args;

use crate::error::Result;
use crate::exit::Exit;
use crate::output;

/// Print every key of `vestibule.toml` with its meaning and default
#[derive(Debug, Args)]
pub(crate) struct Options {}

pub(crate) fn run(_: &Options) -> Result<Exit> {
    output::print(DEFAULTS.as_bytes())?;
    Ok(Exit::Allowed)
}

/// What is commented out has no default.
const DEFAULTS: &str = include_str!("config/vestibule.toml");

#[cfg(test)]
mod tests {
    use vestibule_domain::TenantName;
    use vestibule_gate::TenantSettings;

    use super::*;
    use crate::config::{Config, ServerSettings};
    use crate::telemetry::LogSettings;

    #[test]
    fn what_is_printed_is_what_holds_without_a_file() {
        let printed = Config::parse(DEFAULTS).unwrap();
        assert_eq!(printed.tenant.get(&TenantName::default()), Some(&TenantSettings::default()));
        assert_eq!((&printed.server, &printed.log), (&ServerSettings::default(), &LogSettings::default()));
        assert!(printed.database.is_none());
    }

    #[test]
    fn what_is_commented_out_is_right_too() {
        let lines = DEFAULTS.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line));
        let all: String = lines.flat_map(|line| [line, "\n"]).collect();
        let printed = Config::parse(&all).unwrap();
        assert!(printed.database.is_some());
    }
}
