//! Texts, octets, lists and maps that cannot be made longer than their type says, and that stop while they are read.
//!
//! Not for: which field has which bound; see [`crate::field`].

mod collection;
mod serde_impls;
mod text;

pub use collection::{ENTRY_BYTES, List, Map, Weigh};
pub use text::{Octets, SecretText, Text};

/// Too long to be what it should be. Whoever sent it is told, and nobody else pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("has {bytes} bytes, more than {most}")]
pub struct TooLong {
    /// How many there are.
    pub bytes: usize,
    /// How many there may be.
    pub most: usize,
}

/// Too much to be a list or a map of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("has more than {most} bytes, where each entry counts as {ENTRY_BYTES} more than it has")]
pub struct TooMuch {
    /// How many bytes there may be.
    pub most: usize,
}

#[cfg(test)]
mod tests;
