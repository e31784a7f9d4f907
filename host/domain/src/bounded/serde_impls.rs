//! The JSON forms. What is too long is refused before it is copied, what is too much before the rest of it is looked at.
//!
//! Not for: the bounds themselves.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::collection::ENTRY_BYTES;
use super::{List, Map, Octets, SecretText, Text, TooLong, TooMuch, Weigh};
use crate::Secret;

impl<const MAX: usize> Serialize for Text<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let take = |text: &str| match text.len() {
            bytes if bytes > MAX => Err(TooLong { bytes, most: MAX }),
            _ => Self::new(text),
        };
        deserializer.deserialize_str(TextVisitor(take))?.map_err(de::Error::custom)
    }
}

impl<const MAX: usize> Serialize for SecretText<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

/// An error of serde's own would quote what it found.
impl<'de, const MAX: usize> Deserialize<'de> for SecretText<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let take = |text: &str| match text.len() {
            bytes if bytes > MAX => Err(TooLong { bytes, most: MAX }),
            _ => Self::new(Secret::new(text)),
        };
        let read = deserializer.deserialize_str(TextVisitor(take));
        read.map_err(|_| de::Error::custom("expected a text"))?.map_err(de::Error::custom)
    }
}

impl<const MAX: usize> Serialize for Octets<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&**self))
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Octets<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let take = |text: &str| {
            // Four characters stand for three octets, or fewer at the end.
            let bytes = text.len() / 4 * 3;
            if bytes > MAX.saturating_add(2) {
                return Err(TooLong { bytes, most: MAX }.to_string());
            }
            let octets = STANDARD.decode(text).map_err(|_| "expected Base64 text".to_owned())?;
            Self::new(octets).map_err(|error| error.to_string())
        };
        deserializer.deserialize_str(TextVisitor(take))?.map_err(de::Error::custom)
    }
}

struct TextVisitor<F>(F);

impl<T, E, F: FnOnce(&str) -> Result<T, E>> Visitor<'_> for TextVisitor<F> {
    type Value = Result<T, E>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<D: de::Error>(self, text: &str) -> Result<Self::Value, D> {
        Ok((self.0)(text))
    }
}

impl<T: Serialize, const MAX: usize> Serialize for List<T, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de, T: Weigh + Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = deserializer.deserialize_seq(ListVisitor { most: MAX, entries: PhantomData })?;
        Ok(Self::paid(entries))
    }
}

struct ListVisitor<T> {
    most: usize,
    entries: PhantomData<T>,
}

impl<'de, T: Weigh + Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let (mut entries, mut left) = (Vec::new(), self.most);
        while let Some(entry) = list.next_element::<T>()? {
            left = pay(left, entry.weight(), self.most).map_err(de::Error::custom)?;
            entries.push(entry);
        }
        Ok(entries)
    }
}

impl<K: Serialize, V: Serialize, const MAX: usize> Serialize for Map<K, V, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, K, V, const MAX: usize> Deserialize<'de> for Map<K, V, MAX>
where
    K: Ord + Weigh + Deserialize<'de>,
    V: Weigh + Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = deserializer.deserialize_map(MapVisitor { most: MAX, entries: PhantomData })?;
        Ok(Self::paid(entries))
    }
}

struct MapVisitor<K, V> {
    most: usize,
    entries: PhantomData<(K, V)>,
}

impl<'de, K, V> Visitor<'de> for MapVisitor<K, V>
where
    K: Ord + Weigh + Deserialize<'de>,
    V: Weigh + Deserialize<'de>,
{
    type Value = BTreeMap<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut entries, mut left) = (BTreeMap::new(), self.most);
        while let Some((key, value)) = map.next_entry::<K, V>()? {
            left = pay(left, key.weight().saturating_add(value.weight()), self.most).map_err(de::Error::custom)?;
            entries.insert(key, value);
        }
        Ok(entries)
    }
}

/// What is left after one entry more.
fn pay(left: usize, weight: usize, most: usize) -> Result<usize, TooMuch> {
    left.checked_sub(weight.saturating_add(ENTRY_BYTES)).ok_or(TooMuch { most })
}
