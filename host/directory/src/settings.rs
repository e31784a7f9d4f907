//! Why a directory cannot be asked as configured.
//!
//! Not for: a server that does not answer; that shows when it is asked.

use std::io::{self, Read as _};
use std::path::Path;

use vestibule_os::file;

/// What is wrong with a table of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` {problem}")]
pub struct SettingsError {
    /// The key.
    pub key: &'static str,
    /// What its value is not.
    pub problem: String,
}

pub(crate) fn ensure(holds: bool, key: &'static str, problem: impl FnOnce() -> String) -> Result<(), SettingsError> {
    if holds { Ok(()) } else { Err(SettingsError { key, problem: problem() }) }
}

pub(crate) fn ensure_short(key: &'static str, text: &str, most: usize) -> Result<(), SettingsError> {
    ensure(text.len() <= most, key, || format!("has more than {most} bytes"))
}

/// The largest file that a table names: a bundle of authorities has a quarter of it.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Reads a file that a table names: a plain one, and not too large.
pub(crate) fn read_file(key: &'static str, path: &Path) -> Result<String, SettingsError> {
    let failed = |error: io::Error| SettingsError { key, problem: format!("cannot be read: {error}") };
    let file = file::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    ensure(bytes <= MAX_FILE_BYTES, key, || "is a file of more than 1 MiB".to_owned())?;
    let mut text = String::new();
    file.take(MAX_FILE_BYTES).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}
