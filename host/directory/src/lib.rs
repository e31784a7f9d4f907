//! Asks others who a user is: LDAP directories and RADIUS servers.
//!
//! Not for: deciding who is asked, or what follows; that is the gate's. Several servers stand for one authority: whichever answers
//! first is believed, and an answer is never asked for twice.

mod ldap;
mod servers;
mod settings;

pub use ldap::Ldap;
pub use ldap::settings::LdapSettings;
pub use settings::SettingsError;
