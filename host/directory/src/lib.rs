//! Asks others who a user is: LDAP directories and RADIUS servers.
//!
//! Not for: deciding who is asked, or what follows; that is the gate's. Several servers stand for one authority: whichever answers
//! first is believed, and an answer is never asked for twice.

mod apart;
mod ldap;
mod name;
mod radius;
mod servers;
mod settings;

pub use ldap::Ldap;
pub use ldap::ber;
pub use ldap::settings::{LdapSettings, MatchRule};
pub use radius::Radius;
pub use radius::dictionary::{Dictionary, DictionaryError};
pub use radius::packet::Packet;
pub use radius::settings::{RadiusCase, RadiusSettings};
pub use settings::SettingsError;
