//! What the tenant has set for this policy. The host fills in the manifest's defaults and refuses other names.
//!
//! Not for: secrets; see [`secrets`](crate::secrets). Every error names the setting, for the administrator who reads the log.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::de::DeserializeOwned;

pub use crate::bindings::vestibule::policy::config::{all, get, granted};

/// The value of a setting that the manifest names with a default or requires.
///
/// # Errors
/// Names the setting that has no value.
pub fn text(name: &str) -> Result<String, String> {
    get(name).ok_or_else(|| format!("setting `{name}` is not set"))
}

/// The same for a setting whose empty text means that there is none.
///
/// # Errors
/// Names the setting that has no value.
pub fn optional(name: &str) -> Result<Option<String>, String> {
    text(name).map(|value| Some(value).filter(|value| !value.is_empty()))
}

/// What the value stands for, where it is one of a few words.
///
/// # Errors
/// Names the setting and the words that it may be.
pub fn choice<T: Copy>(name: &str, choices: &[(&str, T)]) -> Result<T, String> {
    chosen(name, &text(name)?, choices)
}

/// The value of a setting that is `true` or `false`.
///
/// # Errors
/// Names the setting and both words.
pub fn flag(name: &str) -> Result<bool, String> {
    choice(name, &[("true", true), ("false", false)])
}

/// The value of a setting that is a number.
///
/// # Errors
/// Names the setting and the range that its value is not within.
pub fn within<T: FromStr + PartialOrd + Display>(name: &str, range: RangeInclusive<T>) -> Result<T, String> {
    number(name, &text(name)?, &range)
}

/// The value of a setting that is a list or a table in the tenant's file.
///
/// # Errors
/// Names the setting and where its JSON is not what was expected.
pub fn json<T: DeserializeOwned>(name: &str) -> Result<T, String> {
    serde_json::from_str(&text(name)?).map_err(|error| format!("setting `{name}`: {error}"))
}

/// That the tenant grants a property: for a policy that takes its absence for an answer.
///
/// # Errors
/// Names the property that is not granted.
pub fn needs(property: &str) -> Result<(), String> {
    if granted(property) { Ok(()) } else { Err(format!("property `{property}` is not granted")) }
}

fn chosen<T: Copy>(name: &str, value: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let found = choices.iter().find(|(word, _)| *word == value).map(|(_, meaning)| *meaning);
    found.ok_or_else(|| {
        let words: Vec<String> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
        let expected = match words.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
            _ => words.concat(),
        };
        format!("setting `{name}` is `{value}`: expected {expected}")
    })
}

fn number<T: FromStr + PartialOrd + Display>(name: &str, value: &str, range: &RangeInclusive<T>) -> Result<T, String> {
    let (least, most) = (range.start(), range.end());
    let number = value.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("setting `{name}` is `{value}`: not within {least} to {most}"))
}

#[cfg(test)]
mod tests {
    use super::{chosen, number};

    #[test]
    fn an_unknown_word_is_answered_with_those_that_exist() {
        let choices = [("sha1", 1), ("sha256", 2), ("sha512", 3)];
        assert_eq!(chosen("algorithm", "sha256", &choices), Ok(2));
        let expected = "setting `algorithm` is `SHA1`: expected `sha1`, `sha256` or `sha512`";
        assert_eq!(chosen("algorithm", "SHA1", &choices), Err(expected.into()));
        assert_eq!(chosen("x", "", &choices[..1]), Err("setting `x` is ``: expected `sha1`".into()));
    }

    #[test]
    fn whatever_is_no_number_of_the_range_is_answered_with_the_range() {
        assert_eq!(number("digits", "8", &(6..=8)), Ok(8));
        for value in ["5", "9", "", "many", "-6", "6.5", "99999999999999999999"] {
            let expected = format!("setting `digits` is `{value}`: not within 6 to 8");
            assert_eq!(number("digits", value, &(6..=8)), Err(expected));
        }
    }
}
