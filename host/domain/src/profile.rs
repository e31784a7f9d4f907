//! What is on record of a user, a group or everybody, and what a user inherits.
//!
//! Not for: where records are kept. The rules are those of Access Server's property database: user before group before
//! `__DEFAULT__`, and a name's prefix says whether it is inherited.

use std::collections::BTreeMap;

use crate::Properties;
use crate::refusal::{Cause, Refusal};

/// The name of the record that everybody inherits from.
pub const DEFAULT: &str = "__DEFAULT__";

/// The property that makes somebody a member.
pub const CONN_GROUP: &str = "conn_group";

/// The property that fixes a user's address in the tunnel.
pub const CONN_IP: &str = "conn_ip";

/// What users inherit from their group and from the defaults.
const INHERITED: [&str; 2] = ["prop_", "cli_"];

/// What only those inherit who are not on record: `def_deny` is their `prop_deny`.
const FOR_UNRECORDED: &str = "def_";

/// Whether a record is a group's.
pub fn is_group(record: &Properties) -> bool {
    record.get("type") == Some("group") || record.get("group_declare") == Some("true")
}

/// What counts for a user: the own record whole, and under it what the group and then the defaults hand down. `conn_` and
/// `pvt_` are never inherited; what a group declares of itself (`group_`, `access_to`, `type`) stays the group's.
///
/// # Errors
/// The lists together exceed what one list may hold.
pub fn inherit(
    user: Option<&Properties>,
    group: Option<&Properties>,
    default: &Properties,
) -> Result<Properties, Refusal> {
    let mut sum = BTreeMap::new();
    sum.extend(default.iter().filter(|(name, _)| is_inherited(name)).map(own_pair));
    if user.is_none() {
        let unrecorded = |(name, value): (&str, &str)| {
            name.strip_prefix(FOR_UNRECORDED).map(|rest| (format!("prop_{rest}"), value.to_owned()))
        };
        sum.extend(default.iter().filter_map(unrecorded));
    }
    sum.extend(group.iter().flat_map(|group| group.iter()).filter(|(name, _)| is_inherited(name)).map(own_pair));
    sum.extend(user.iter().flat_map(|user| user.iter()).map(own_pair));
    checked(sum)
}

/// One list laid over another: what both name is the upper one's.
///
/// # Errors
/// The lists together exceed what one list may hold.
pub fn overlay(lower: &Properties, upper: &Properties) -> Result<Properties, Refusal> {
    let mut sum: BTreeMap<_, _> = lower.iter().map(own_pair).collect();
    sum.extend(upper.iter().map(own_pair));
    checked(sum)
}

fn checked(sum: BTreeMap<String, String>) -> Result<Properties, Refusal> {
    Properties::from_pairs(sum.into_iter().collect())
        .map_err(|error| Refusal::new(Cause::TooManyProperties, error.to_string()))
}

fn is_inherited(name: &str) -> bool {
    INHERITED.iter().any(|prefix| name.starts_with(prefix))
}

fn own_pair((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(pairs: &[(&str, &str)]) -> Properties {
        Properties::from_pairs(pairs.iter().map(|pair| own_pair(*pair)).collect()).unwrap()
    }

    #[test]
    fn the_user_comes_before_the_group_and_the_group_before_the_defaults() {
        let default = list(&[("prop_a", "default"), ("prop_b", "default"), ("prop_c", "default")]);
        let group = list(&[("prop_a", "group"), ("prop_b", "group")]);
        let user = list(&[("prop_a", "user")]);
        let sum = inherit(Some(&user), Some(&group), &default).unwrap();
        assert_eq!(sum, list(&[("prop_a", "user"), ("prop_b", "group"), ("prop_c", "default")]));
    }

    #[test]
    fn addresses_secrets_and_declarations_are_not_inherited() {
        let above = list(&[("conn_ip", "10.0.0.1"), ("pvt_x", "1"), ("group_declare", "true"), ("cli_y", "2")]);
        assert_eq!(inherit(Some(&Properties::new()), Some(&above), &above).unwrap(), list(&[("cli_y", "2")]));
    }

    #[test]
    fn def_counts_for_those_who_are_not_on_record() {
        let default = list(&[("def_deny", "true")]);
        assert_eq!(inherit(None, None, &default).unwrap(), list(&[("prop_deny", "true")]));
        assert!(inherit(Some(&Properties::new()), None, &default).unwrap().is_empty());
    }
}
