//! The contract's name and version.
//!
//! Not for: its types; see [`crate::bindings`].

/// The version of the contract that this host speaks; the track is its first two numbers.
pub const VERSION: &str = "0.1.0";

/// What the names of the contract's interfaces begin with.
pub(crate) const PACKAGE: &str = "vestibule:policy/";
