//! Properties: names with values, each name once, sorted by name.
//!
//! Not for: precedence between user, group and default; that is the gate's. Here are only the rules that hold for every list.

use std::fmt;
use std::sync::Arc;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest name in bytes. The longest seen in use, `prop_cli.script.all.user.connect`, has 32.
pub const MAX_NAME_BYTES: usize = 128;
/// The longest value in bytes: room for a client-side script of a page.
pub const MAX_VALUE_BYTES: usize = 4096;
/// The most entries in one list: ten times the largest record seen in use.
pub const MAX_ENTRIES: usize = 512;

/// The most bytes of names and values in one list: an outcome's three lists then fit into what one transfer may carry.
pub const MAX_LIST_BYTES: usize = 256 * 1024;

/// Why a list of pairs is no list of properties.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not 1 to [`MAX_NAME_BYTES`] bytes of printable ASCII without spaces.
    #[error("`{0}` is no property name: it takes 1 to {MAX_NAME_BYTES} printable ASCII characters and no spaces")]
    Name(String),
    /// A value over [`MAX_VALUE_BYTES`].
    #[error("the value of `{name}` has {bytes} bytes, more than {MAX_VALUE_BYTES}")]
    ValueTooLong {
        /// Whose value.
        name: String,
        /// Its size.
        bytes: usize,
    },
    /// A control character other than tab and newline, which client-side scripts need.
    #[error("the value of `{0}` contains control characters")]
    ValueNotPrintable(String),
    /// One name twice: which of them counts would be anybody's guess.
    #[error("the name `{0}` occurs twice")]
    Duplicate(String),
    /// More than [`MAX_LIST_BYTES`].
    #[error("{0} bytes of properties are more than {MAX_LIST_BYTES}")]
    TooLarge(usize),
    /// More than [`MAX_ENTRIES`].
    #[error("{0} properties are more than {MAX_ENTRIES}")]
    TooMany(usize),
}

/// A checked list of properties. Clones share it: most lists go through a login unchanged.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Properties(Option<Arc<[(String, String)]>>);

impl Properties {
    /// An empty list.
    pub const fn new() -> Self {
        Self(None)
    }

    /// Checks pairs in any order and sorts them.
    pub fn from_pairs(mut pairs: Vec<(String, String)>) -> Result<Self, Error> {
        check_totals(&pairs)?;
        pairs.iter().try_for_each(|(name, value)| check_pair(name, value))?;
        // Most lists come sorted: a policy returns what it was handed.
        if pairs.is_sorted_by(|(first, _), (second, _)| first < second) {
            return Ok(Self::sorted(pairs));
        }
        pairs.sort_unstable();
        match pairs.windows(2).find_map(|pair| match pair {
            [(first, _), (second, _)] if first == second => Some(first.clone()),
            _ => None,
        }) {
            Some(name) => Err(Error::Duplicate(name)),
            None => Ok(Self::sorted(pairs)),
        }
    }

    /// The one form of each list: an empty one is nothing.
    fn sorted(pairs: Vec<(String, String)>) -> Self {
        Self((!pairs.is_empty()).then(|| pairs.into()))
    }

    fn pairs(&self) -> &[(String, String)] {
        self.0.as_deref().unwrap_or_default()
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let index = self.position(name).ok()?;
        self.pairs().get(index).map(|(_, value)| value.as_str())
    }

    /// Sets one value, replacing what was there.
    ///
    /// # Errors
    /// The pair is none, or the list would have too many.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        *self = self.with(&Self::from_pairs(vec![(name.to_owned(), value.to_owned())])?)?;
        Ok(())
    }

    /// This list with another laid over it: what both name is the other's.
    ///
    /// # Errors
    /// [`Error::TooMany`] and [`Error::TooLarge`]: together they are no list.
    pub fn with(&self, upper: &Self) -> Result<Self, Error> {
        if upper.is_empty() {
            return Ok(self.clone());
        }
        if self.is_empty() {
            return Ok(upper.clone());
        }
        let mut pairs = Vec::with_capacity(self.len() + upper.len());
        let mut lower = self.pairs().iter().peekable();
        for pair in upper.pairs() {
            pairs.extend(std::iter::from_fn(|| lower.next_if(|(name, _)| *name < pair.0)).cloned());
            let _ = lower.next_if(|(name, _)| *name == pair.0);
            pairs.push(pair.clone());
        }
        pairs.extend(lower.cloned());
        check_totals(&pairs)?;
        Ok(Self::sorted(pairs))
    }

    /// Those entries of this list that are to be kept.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&str, &str) -> bool) -> Self {
        let kept: Vec<_> = self.pairs().iter().filter(|(name, value)| keep(name, value)).collect();
        if kept.len() == self.len() { self.clone() } else { Self::sorted(kept.into_iter().cloned().collect()) }
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Entries of `self` that `before` lacks or holds with another value.
    #[must_use]
    pub fn changes_from(&self, before: &Self) -> Self {
        let mut before = before.iter().peekable();
        let changed = self.iter().filter(|(name, value)| {
            while before.next_if(|(earlier, _)| earlier < name).is_some() {}
            before.next_if(|(same, _)| same == name).is_none_or(|(_, held)| held != *value)
        });
        Self::sorted(changed.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.pairs().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.pairs().binary_search_by(|(probe, _)| probe.as_str().cmp(name))
    }
}

fn check_totals(pairs: &[(String, String)]) -> Result<(), Error> {
    if pairs.len() > MAX_ENTRIES {
        return Err(Error::TooMany(pairs.len()));
    }
    let bytes = pairs.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > MAX_LIST_BYTES { Err(Error::TooLarge(bytes)) } else { Ok(()) }
}

fn check_pair(name: &str, value: &str) -> Result<(), Error> {
    let printable = |byte: u8| byte.is_ascii_graphic();
    if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.bytes().all(printable) {
        return Err(Error::Name(crate::text::log_text(name, MAX_NAME_BYTES)));
    }
    if value.len() > MAX_VALUE_BYTES {
        return Err(Error::ValueTooLong { name: name.to_owned(), bytes: value.len() });
    }
    let plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    if !value.bytes().all(plain) && value.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Error::ValueNotPrintable(name.to_owned()));
    }
    Ok(())
}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Properties;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of names and texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry::<String, String>()? {
            if pairs.len() >= MAX_ENTRIES {
                return Err(de::Error::custom(Error::TooMany(pairs.len() + 1)));
            }
            pairs.push(pair);
        }
        Properties::from_pairs(pairs).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Result<Properties, Error> {
        Properties::from_pairs(list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn a_name_given_twice_is_refused() {
        assert_eq!(pairs(&[("b", "1"), ("a", "2"), ("b", "3")]), Err(Error::Duplicate("b".into())));
        let json = serde_json::from_str::<Properties>(r#"{"b": "1", "b": "1"}"#);
        assert!(json.unwrap_err().to_string().contains("`b` occurs twice"));
    }

    #[test]
    fn names_and_values_keep_to_their_alphabet_and_size() {
        assert!(matches!(pairs(&[("", "x")]), Err(Error::Name(_))));
        assert!(matches!(pairs(&[("a b", "x")]), Err(Error::Name(_))));
        assert!(matches!(pairs(&[("ä", "x")]), Err(Error::Name(_))));
        assert!(matches!(pairs(&[("a", "x\0")]), Err(Error::ValueNotPrintable(_))));
        assert!(pairs(&[("a", "first\n\tsecond")]).is_ok());
        assert!(matches!(pairs(&[("a", &"x".repeat(4097))]), Err(Error::ValueTooLong { .. })));
    }

    #[test]
    fn a_list_has_a_size() {
        let large = (0..70).map(|number| (format!("p{number}"), "x".repeat(4000))).collect();
        assert!(matches!(Properties::from_pairs(large), Err(Error::TooLarge(_))));
        let half =
            |letter| Properties::from_pairs((0..40).map(|n| (format!("{letter}{n}"), "x".repeat(4000))).collect());
        let (lower, upper) = (half('a').unwrap(), half('b').unwrap());
        assert!(matches!(lower.with(&upper), Err(Error::TooLarge(_))));
        assert_eq!(lower.with(&lower), Ok(lower));
    }

    #[test]
    fn a_list_has_so_many_entries_and_no_more() {
        let many = |letter, count| {
            Properties::from_pairs((0..count).map(|number| (format!("{letter}{number}"), String::new())).collect())
        };
        assert_eq!(many('a', 513), Err(Error::TooMany(513)));
        let (all, one) = (many('a', 512).unwrap(), many('b', 1).unwrap());
        assert_eq!(all.with(&one), Err(Error::TooMany(513)));
        assert_eq!(all.with(&many('a', 1).unwrap()), Ok(all));
    }

    #[test]
    fn changes_are_what_the_other_list_lacks() {
        let before = pairs(&[("a", "1"), ("b", "2")]).unwrap();
        let after = pairs(&[("a", "1"), ("b", "3"), ("c", "4")]).unwrap();
        assert_eq!(after.changes_from(&before), pairs(&[("b", "3"), ("c", "4")]).unwrap());
    }

    proptest! {
        #[test]
        fn changes_are_those_that_a_look_up_of_each_name_finds(
            before in btree_map("[a-e]{1,2}", "[01]", 0..8),
            after in btree_map("[a-e]{1,2}", "[01]", 0..8),
        ) {
            let [before, after] = [before, after].map(|map| Properties::from_pairs(map.into_iter().collect()).unwrap());
            let looked_up = after.filter(|name, value| before.get(name) != Some(value));
            prop_assert_eq!(after.changes_from(&before), looked_up);
        }

        #[test]
        fn a_list_laid_over_another_is_what_a_map_extended_by_it_is(
            lower in btree_map("[a-e]{1,2}", "[01]", 0..8),
            upper in btree_map("[a-e]{1,2}", "[01]", 0..8),
        ) {
            let mut sum = lower.clone();
            sum.extend(upper.clone());
            let [lower, upper, sum] =
                [lower, upper, sum].map(|map| Properties::from_pairs(map.into_iter().collect()).unwrap());
            prop_assert_eq!(lower.with(&upper).unwrap(), sum);
        }
    }

    #[test]
    fn setting_keeps_the_list_sorted() {
        let mut list = pairs(&[("b", "1")]).unwrap();
        list.set("a", "2").unwrap();
        list.set("b", "3").unwrap();
        assert_eq!(list.iter().collect::<Vec<_>>(), [("a", "2"), ("b", "3")]);
        assert_eq!(list.get("b"), Some("3"));
    }
}
