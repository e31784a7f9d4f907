//! What a VPN login is and what may be answered: plain data and the rules on it.
//!
//! Not for: I/O, clocks, threads, WebAssembly. Everything here is a value or a pure function, so that the rules of failure can
//! be read and tested alone. The names are those of Access Server's post_auth contract and of `wit/`.

pub mod auth_method;
pub mod bounded;
pub mod capability;
pub mod cause;
pub mod challenge;
pub mod check;
pub mod decision;
pub mod directory;
pub mod dn;
pub mod fault;
pub mod field;
pub mod filter;
pub mod grant;
pub mod http;
pub mod json;
pub mod log;
pub mod login;
pub mod manifest;
pub mod outcome;
pub mod primary;
pub mod profile;
pub mod properties;
pub mod redactor;
pub mod refusal;
pub mod resolve;
pub mod save;
mod schema;
pub mod secret;
pub mod settings;
pub mod subnet;
pub mod tenant;
pub mod text;
pub mod user;
pub mod wire;

pub use auth_method::AuthMethod;
pub use decision::Decision;
pub use fault::{Cause, Fault};
pub use grant::Grants;
pub use login::Login;
pub use manifest::Manifest;
pub use outcome::Outcome;
pub use properties::Properties;
pub use redactor::Redactor;
pub use refusal::Refusal;
pub use secret::Secret;
pub use settings::Settings;
pub use tenant::TenantName;
pub use user::{CanonicalUser, EnteredUser};
