//! Lists and maps whose entries together have a bounded weight.
//!
//! Not for: properties, which have bounds of their own.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;

use super::{Octets, Text, TooMuch};

/// What an entry costs beside its bytes: nobody gets a million empty ones for nothing.
pub const ENTRY_BYTES: usize = 32;

/// How many bytes of others an entry holds.
pub trait Weigh {
    /// In bytes, without what it takes to be an entry.
    fn weight(&self) -> usize;
}

impl<const MAX: usize> Weigh for Text<MAX> {
    fn weight(&self) -> usize {
        self.len()
    }
}

impl<const MAX: usize> Weigh for Octets<MAX> {
    fn weight(&self) -> usize {
        self.len()
    }
}

impl<T: Weigh> Weigh for Vec<T> {
    fn weight(&self) -> usize {
        self.iter().map(|entry| entry.weight() + ENTRY_BYTES).sum()
    }
}

impl<T: Weigh, const MAX: usize> Weigh for List<T, MAX> {
    fn weight(&self) -> usize {
        self.0.weight()
    }
}

/// A list of at most `MAX` bytes, each entry counted with some more.
#[derive(Clone, PartialEq, Eq)]
pub struct List<T, const MAX: usize>(Vec<T>);

impl<T: Weigh, const MAX: usize> List<T, MAX> {
    /// Takes entries that are not too many.
    ///
    /// # Errors
    /// [`TooMuch`].
    pub fn new(entries: Vec<T>) -> Result<Self, TooMuch> {
        let list = Self(entries);
        if list.weight() > MAX { Err(TooMuch { most: MAX }) } else { Ok(list) }
    }
}

impl<T, const MAX: usize> List<T, MAX> {
    /// What was weighed while it was read.
    pub(super) const fn paid(entries: Vec<T>) -> Self {
        Self(entries)
    }

    /// A list of nothing.
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// Whether there is no entry.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        Self::empty()
    }
}

impl<T, const MAX: usize> Deref for List<T, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: fmt::Debug, const MAX: usize> fmt::Debug for List<T, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A map whose keys and values have at most `MAX` bytes together, each key counted with some more.
#[derive(Clone, PartialEq, Eq)]
pub struct Map<K, V, const MAX: usize>(BTreeMap<K, V>);

impl<K: Ord + Weigh, V: Weigh, const MAX: usize> Map<K, V, MAX> {
    /// Takes a map that is not too much.
    ///
    /// # Errors
    /// [`TooMuch`].
    pub fn new(entries: BTreeMap<K, V>) -> Result<Self, TooMuch> {
        let weight: usize = entries.iter().map(|(key, value)| key.weight() + value.weight() + ENTRY_BYTES).sum();
        if weight > MAX { Err(TooMuch { most: MAX }) } else { Ok(Self(entries)) }
    }
}

impl<K, V, const MAX: usize> Map<K, V, MAX> {
    /// What was weighed while it was read.
    pub(super) const fn paid(entries: BTreeMap<K, V>) -> Self {
        Self(entries)
    }

    /// A map of nothing.
    pub const fn empty() -> Self {
        Self(BTreeMap::new())
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K, V, const MAX: usize> Default for Map<K, V, MAX> {
    fn default() -> Self {
        Self::empty()
    }
}

impl<K, V, const MAX: usize> Deref for Map<K, V, MAX> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &BTreeMap<K, V> {
        &self.0
    }
}

impl<K: fmt::Debug, V: fmt::Debug, const MAX: usize> fmt::Debug for Map<K, V, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
