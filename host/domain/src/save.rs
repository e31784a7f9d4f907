//! What the policies of one login want stored, as one list, and the record that it makes.
//!
//! Not for: storing. An empty value removes a property.

use crate::Properties;
use crate::properties::Error;

/// The record after the saves. A record that only removals touch is not created.
///
/// # Errors
/// The record would exceed what one list may hold.
pub fn apply(record: Option<&Properties>, saves: &Properties) -> Result<Option<Properties>, Error> {
    let kept = record.map(|record| record.filter(|name, _| saves.get(name).is_none())).unwrap_or_default();
    let after = kept.with(&saves.filter(|_, value| !value.is_empty()))?;
    Ok(Some(after).filter(|after| record.is_some() || !after.is_empty()))
}

/// Whether storing would change the record at all: a policy may save what is there already at every login.
pub fn changes(record: Option<&Properties>, saves: &Properties) -> bool {
    saves.iter().any(|(name, value)| record.and_then(|record| record.get(name)).unwrap_or_default() != value)
}

#[cfg(test)]
mod tests {
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    use super::*;

    fn list(pairs: &[(&str, &str)]) -> Properties {
        Properties::from_pairs(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()).unwrap()
    }

    #[test]
    fn a_record_that_only_removals_touch_is_not_created() {
        assert_eq!(apply(None, &list(&[("b", "")])), Ok(None));
        assert_eq!(apply(Some(&list(&[("b", "0")])), &list(&[("b", "")])), Ok(Some(list(&[]))));
    }

    proptest! {
        #[test]
        fn a_value_replaces_an_empty_one_removes_and_the_rest_stays(
            seen in btree_map("[a-e]", "[01]?", 0..6),
            saves in btree_map("[a-e]", "[01]?", 0..6),
        ) {
            let mut expected = seen.clone();
            expected.extend(saves.clone());
            expected.retain(|name, _| saves.get(name) != Some(&String::new()));
            let [seen, saves, expected] =
                [seen, saves, expected].map(|map| Properties::from_pairs(map.into_iter().collect()).unwrap());
            prop_assert_eq!(apply(Some(&seen), &saves), Ok(Some(expected)));
        }
    }

    #[test]
    fn saving_what_is_there_changes_nothing() {
        let record = list(&[("a", "1")]);
        assert!(!changes(Some(&record), &list(&[("a", "1"), ("gone", "")])));
        assert!(changes(Some(&record), &list(&[("a", "")])) && changes(None, &record));
    }
}
