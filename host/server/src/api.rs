//! The resources, one file each.
//!
//! Not for: what holds for all of them.

pub(crate) mod audit;
pub(crate) mod chain;
pub(crate) mod decisions;
pub(crate) mod health;
pub(crate) mod logins;
pub(crate) mod page;
pub(crate) mod policies;
pub(crate) mod profiles;
pub(crate) mod secrets;
pub(crate) mod tenants;
pub(crate) mod tokens;
pub(crate) mod versions;
