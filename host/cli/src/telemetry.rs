//! The host's own log, on standard error: a server logs what it does, a command only what `VESTIBULE_LOG` asks for.
//!
//! Not for: what a policy logs; that is part of an answer.

use std::{env, io};

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use crate::error::{Error, Result};

const VARIABLE: &str = "VESTIBULE_LOG";
/// What a server logs unless told otherwise.
const USUAL: &str = "info";

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people; without times where the journal adds its own
    Text,
    /// One JSON object a line
    Json,
}

/// Starts the log of a command.
pub(crate) fn start() -> Result<()> {
    if env::var_os(VARIABLE).is_some() {
        tracing_subscriber::fmt().with_env_filter(filter()?).with_writer(io::stderr).with_ansi(false).init();
    }
    Ok(())
}

/// Starts the log of a server.
pub(crate) fn serve(form: Form) -> Result<()> {
    let log = tracing_subscriber::fmt().with_env_filter(filter()?).with_writer(io::stderr).with_ansi(false);
    match form {
        Form::Json => log.json().flatten_event(true).init(),
        // systemd says so: the journal has the time of every line.
        Form::Text if env::var_os("JOURNAL_STREAM").is_some() => log.without_time().init(),
        Form::Text => log.init(),
    }
    Ok(())
}

fn filter() -> Result<EnvFilter> {
    let given = env::var_os(VARIABLE).map_or(USUAL.into(), |filter| filter.to_string_lossy().into_owned());
    EnvFilter::builder().parse(given).map_err(|error| {
        Error::bad_input(format!("`{VARIABLE}` is no log filter"))
            .because(&error)
            .hint(format!("write a level, such as `{VARIABLE}=debug`, or `target=level` pairs between commas"))
    })
}
