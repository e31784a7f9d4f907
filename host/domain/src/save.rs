//! What the policies of one login want stored, as one list, and the record that it makes.
//!
//! Not for: storing. An empty value removes a property.

use std::collections::BTreeMap;

use crate::Properties;
use crate::properties::Error;

/// Adds one policy's saves to those before it; a later policy's value counts.
///
/// # Errors
/// Together they exceed what one list may hold.
pub fn merge(earlier: &Properties, later: &Properties) -> Result<Properties, Error> {
    let mut sum = to_map(earlier);
    sum.extend(to_map(later));
    Properties::from_pairs(sum.into_iter().collect())
}

/// The record after the saves. A record that only removals touch is not created.
///
/// # Errors
/// The record would exceed what one list may hold.
pub fn apply(record: Option<&Properties>, saves: &Properties) -> Result<Option<Properties>, Error> {
    let mut sum = record.map(to_map).unwrap_or_default();
    for (name, value) in saves.iter() {
        if value.is_empty() {
            sum.remove(name);
        } else {
            sum.insert(name.to_owned(), value.to_owned());
        }
    }
    if record.is_none() && sum.is_empty() {
        return Ok(None);
    }
    Properties::from_pairs(sum.into_iter().collect()).map(Some)
}

/// Whether storing would change the record at all: a policy may save what is there already at every login.
pub fn changes(record: Option<&Properties>, saves: &Properties) -> bool {
    saves.iter().any(|(name, value)| record.and_then(|record| record.get(name)).unwrap_or_default() != value)
}

fn to_map(list: &Properties) -> BTreeMap<String, String> {
    list.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(pairs: &[(&str, &str)]) -> Properties {
        Properties::from_pairs(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()).unwrap()
    }

    #[test]
    fn an_empty_value_removes_and_the_last_one_counts() {
        let saves = merge(&list(&[("a", "1"), ("b", "1")]), &list(&[("b", "")])).unwrap();
        let record = apply(Some(&list(&[("b", "0"), ("c", "0")])), &saves).unwrap();
        assert_eq!(record, Some(list(&[("a", "1"), ("c", "0")])));
        assert_eq!(apply(None, &list(&[("b", "")])).unwrap(), None);
    }

    #[test]
    fn saving_what_is_there_changes_nothing() {
        let record = list(&[("a", "1")]);
        assert!(!changes(Some(&record), &list(&[("a", "1"), ("gone", "")])));
        assert!(changes(Some(&record), &list(&[("a", "")])) && changes(None, &record));
    }
}
