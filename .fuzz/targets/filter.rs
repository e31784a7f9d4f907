//! No argument changes the structure of a filter, and an expanded filter is a filter again. The input is a template, a line
//! break, and the argument for its placeholder `{a}`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_domain::filter::{MAX_TEMPLATE_BYTES, expand};

fuzz_target!(|input: &str| {
    let (template, value) = input.split_once('\n').unwrap_or((input, ""));
    for arguments in [&[][..], &[("a", value)][..]] {
        let Ok(filter) = expand(template, arguments) else {
            continue;
        };
        assert_eq!(structure(&filter), structure(template));
        assert!(!filter.contains(['{', '}']));
        if filter.len() <= MAX_TEMPLATE_BYTES {
            assert_eq!(expand::<&str>(&filter, &[]), Ok(filter));
        }
    }
});

/// In a filter these three are never part of a value: there they are escaped.
fn structure(filter: &str) -> Vec<&str> {
    filter.matches(['(', ')', '*']).collect()
}
