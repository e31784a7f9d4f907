//! Lines for the administrator, kept with the decision.
//!
//! Not for: the client, which never sees them. A message is a sentence that stands alone; what varies belongs into the fields:
//!
//! ```ignore
//! log::info("a device was registered", &[("user", user), ("slot", slot)]);
//! ```

pub use crate::bindings::vestibule::policy::log::Level;

use crate::bindings::vestibule::policy::log;

/// Writes one line.
pub fn write(level: Level, message: &str, fields: &[(&str, &str)]) {
    let fields: Vec<(String, String)> = fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    log::write(level, message, &fields);
}

/// For whoever debugs this policy.
pub fn trace(message: &str, fields: &[(&str, &str)]) {
    write(Level::Trace, message, fields);
}

/// For whoever wonders about one login.
pub fn debug(message: &str, fields: &[(&str, &str)]) {
    write(Level::Debug, message, fields);
}

/// What an administrator would like to read about a login that went well.
pub fn info(message: &str, fields: &[(&str, &str)]) {
    write(Level::Info, message, fields);
}

/// What somebody should look into, though the login was decided.
pub fn warn(message: &str, fields: &[(&str, &str)]) {
    write(Level::Warn, message, fields);
}

/// Why this policy could not decide.
pub fn error(message: &str, fields: &[(&str, &str)]) {
    write(Level::Error, message, fields);
}
