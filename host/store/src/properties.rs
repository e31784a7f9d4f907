//! Properties as they are stored: one text each.
//!
//! Not for: which profiles there are; see `profiles`.

use vestibule_domain::text::log_text;
use vestibule_domain::{Properties, TenantName};

use crate::Error;

/// The one spelling that this program stores: sorted by name, without spaces.
pub(crate) fn text_of(properties: &Properties) -> String {
    let object = properties.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    serde_json::Value::Object(object).to_string()
}

/// What a profile's text says.
///
/// # Errors
/// [`Error::Damaged`]: somebody else has written it.
pub(crate) fn parse(tenant: &TenantName, name: &str, text: &str) -> Result<Properties, Error> {
    serde_json::from_str(text).map_err(|error| {
        let reason = log_text(&error.to_string(), 200);
        Error::Damaged { tenant: tenant.clone(), profile: name.to_owned(), reason }
    })
}

#[cfg(test)]
mod tests {
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_stored_reads_back_whatever_it_says(pairs in btree_map("[!-~]{1,9}", "[^\\p{Cc}]{0,9}|\n\t", 0..9)) {
            let properties = Properties::from_pairs(pairs.into_iter().collect()).unwrap();
            let tenant = TenantName::default();
            prop_assert_eq!(parse(&tenant, "joe", &text_of(&properties)).unwrap(), properties);
        }
    }
}
