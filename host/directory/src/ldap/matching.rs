//! Whether two names are one by the rule of most attributes that hold names, `caseIgnoreMatch` (RFC 4517, section 4.2.11), with strings
//! prepared as RFC 4518 has it.
//!
//! Not for: rules of a directory's own, such as one that ignores accents: what it finds by them is not believed.

use stringprep::tables::{case_fold_for_nfkc, commonly_mapped_to_nothing};
use unicode_normalization::UnicodeNormalization as _;

/// A name without case, in one normal form, and with spaces between words only, one each: two names are one that are the same so.
pub(super) fn prepared(name: &str) -> String {
    let visible = name.chars().filter(|c| !commonly_mapped_to_nothing(*c));
    let folded: String = visible.flat_map(case_fold_for_nfkc).nfkc().collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_without_insignificant_spaces() {
        for (held, asked) in
            [("Joe.User", "JOE.user"), (" joe  user ", "Joe User"), ("Stra\u{df}e", "STRASSE"), ("e\u{301}", "\u{c9}")]
        {
            assert_eq!(prepared(held), prepared(asked));
        }
    }

    #[test]
    fn another_name_is_another_name() {
        for (held, asked) in
            [("joe", "joe."), ("joe", "jo"), ("jos\u{e9}", "jose"), ("joe user", "joeuser"), ("*", "joe")]
        {
            assert_ne!(prepared(held), prepared(asked));
        }
    }
}
