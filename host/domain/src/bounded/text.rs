//! Texts and octets of a bounded length.
//!
//! Not for: reading them; see `serde_impls`.

use std::fmt;
use std::ops::Deref;

use super::TooLong;
use crate::Secret;
use crate::text::cut;

/// A text of at most `MAX` bytes.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// Takes a text that is short enough.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn new(text: impl Into<String>) -> Result<Self, TooLong> {
        let text = text.into();
        ensure(text.len(), MAX)?;
        Ok(Self(text))
    }

    /// As much of a text as fits, up to the end of a character: for texts of the host's own, which nobody has to be told about.
    #[must_use]
    pub fn cut(text: &str) -> Self {
        Self(cut(text, MAX).to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Deref for Text<MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A secret of at most `MAX` bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText<const MAX: usize>(Secret);

impl<const MAX: usize> SecretText<MAX> {
    /// Takes a secret that is short enough.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn new(secret: Secret) -> Result<Self, TooLong> {
        ensure(secret.expose().len(), MAX)?;
        Ok(Self(secret))
    }
}

impl<const MAX: usize> Deref for SecretText<MAX> {
    type Target = Secret;

    fn deref(&self) -> &Secret {
        &self.0
    }
}

impl<const MAX: usize> fmt::Debug for SecretText<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// At most `MAX` octets; Base64 in JSON (RFC 4648, section 4).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Octets<const MAX: usize>(Vec<u8>);

impl<const MAX: usize> Octets<MAX> {
    /// Takes octets that are few enough.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn new(octets: Vec<u8>) -> Result<Self, TooLong> {
        ensure(octets.len(), MAX)?;
        Ok(Self(octets))
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<const MAX: usize> Deref for Octets<MAX> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const MAX: usize> fmt::Debug for Octets<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

fn ensure(bytes: usize, most: usize) -> Result<(), TooLong> {
    if bytes > most { Err(TooLong { bytes, most }) } else { Ok(()) }
}
