//! The host's own log, on standard error: a server logs what it does, a command only what `VESTIBULE_LOG` asks for.
//!
//! Not for: what a policy logs; that is part of an answer.

use std::{env, io};

use clap::ValueEnum;
use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use crate::error::{Error, Result};

const VARIABLE: &str = "VESTIBULE_LOG";

/// A server's log. What the environment and the command line say comes before it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogSettings {
    /// What is logged: a level, or `target=level` pairs between commas. `VESTIBULE_LOG` comes before it.
    pub(crate) filter: String,
    /// How lines look. `--log` comes before it.
    pub(crate) format: Form,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: Form::Text }
    }
}

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Form {
    /// For people; without times where the journal adds its own
    Text,
    /// One JSON object a line
    Json,
}

/// Starts the log of a command.
pub(crate) fn start() -> Result<()> {
    if let Some(filter) = from_environment()? {
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false).init();
    }
    Ok(())
}

/// Starts the log of a server.
pub(crate) fn serve(form: Option<Form>, settings: &LogSettings) -> Result<()> {
    let filter = match from_environment()? {
        Some(filter) => filter,
        None => parse("log.filter", &settings.filter)?,
    };
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false);
    match form.unwrap_or(settings.format) {
        Form::Json => log.json().flatten_event(true).init(),
        // systemd says so: the journal has the time of every line.
        Form::Text if env::var_os("JOURNAL_STREAM").is_some() => log.without_time().init(),
        Form::Text => log.init(),
    }
    Ok(())
}

fn from_environment() -> Result<Option<EnvFilter>> {
    env::var_os(VARIABLE).map(|filter| parse(VARIABLE, &filter.to_string_lossy())).transpose()
}

fn parse(name: &str, filter: &str) -> Result<EnvFilter> {
    EnvFilter::builder().parse(filter).map_err(|error| {
        Error::bad_input(format!("`{name}` is no log filter"))
            .because(&error)
            .hint("write a level, such as `debug`, or `target=level` pairs between commas")
    })
}
