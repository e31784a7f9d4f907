//! The host's own log: to standard error, and only where `VESTIBULE_LOG` asks for it.
//!
//! Not for: what a policy logs; that is part of an answer.

use std::{env, io};

use tracing_subscriber::EnvFilter;

use crate::error::{Error, Result};

const VARIABLE: &str = "VESTIBULE_LOG";

/// Starts the log.
pub(crate) fn start() -> Result<()> {
    let Some(filter) = env::var_os(VARIABLE) else {
        return Ok(());
    };
    let filter = EnvFilter::builder().parse(filter.to_string_lossy()).map_err(|error| {
        Error::bad_input(format!("`{VARIABLE}` is no log filter"))
            .because(&error)
            .hint(format!("write a level, such as `{VARIABLE}=debug`, or `target=level` pairs between commas"))
    })?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false).init();
    Ok(())
}
