//! The command line: what is asked, and how the process ends. `vestibule --help` is its documentation.
//!
//! Not for: any work. Each subcommand is a file in `command/`.

mod allocator;
mod answer;
mod arguments;
mod client;
mod command;
mod config;
mod confine;
mod context;
mod difference;
mod directory;
mod error;
mod executors;
mod exit;
mod figures;
mod form;
mod groups;
mod host;
mod housekeeping;
mod input;
mod machine;
mod output;
mod policy;
mod prompt;
mod python;
mod recording;
mod target;
mod telemetry;

use std::ffi::OsString;
use std::panic::{self, Location};
use std::process::ExitCode;

use clap::Parser as _;

pub use config::Config;
pub use context::Context;

use arguments::Arguments;
use exit::Exit;

/// The whole program: `main.rs` calls it, and so does the executable that the tests run.
pub fn main() -> ExitCode {
    main_with(std::env::args_os())
}

/// The same with other arguments than the process has; the first one is the program's name.
pub fn main_with(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    panic::set_hook(Box::new(|bug| output::say(&told(bug.location()))));
    panic::catch_unwind(|| run(&arguments)).unwrap_or(Exit::Fault).into()
}

/// What is said of a panic: where it was, and not its message, which may quote what somebody sent to the code that panicked.
fn told(place: Option<&Location<'_>>) -> String {
    let place = place.map_or("an unknown place".to_owned(), |place| format!("`{place}`"));
    format!("error: this should not have happened: a panic at {place}\nhint: please report it with what you did")
}

fn run(arguments: &[OsString]) -> Exit {
    let Arguments { command } = Arguments::parse_from(arguments);
    let is_for_programs = command.is_for_programs();
    // A server starts its log itself, with what its options say.
    let started = if matches!(command, arguments::Command::Serve(_)) { Ok(()) } else { telemetry::start() };
    let done = started.and_then(|()| command::run(command));
    done.unwrap_or_else(|error| {
        output::say(&if is_for_programs { error.to_json() } else { error.to_string() });
        error.exit()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_by_its_place_alone() {
        let place = Location::caller();
        let told = told(Some(place));
        assert!(told.starts_with(&format!("error: this should not have happened: a panic at `{place}`\n")), "{told}");
        assert!(super::told(None).contains("an unknown place"));
    }
}
