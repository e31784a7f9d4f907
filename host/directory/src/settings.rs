//! Why a directory cannot be asked as configured.
//!
//! Not for: a server that does not answer; that shows when it is asked.

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
