//! What is on record of a user, a group or everybody, and what a user inherits.
//!
//! Not for: where records are kept. The rules are those of Access Server's property database: user before group before
//! `__DEFAULT__`, and a name's prefix says whether it is inherited.

use std::fmt;

use crate::properties::Error;
use crate::{Properties, Refusal};

/// The name of the record that everybody inherits from.
pub const DEFAULT: &str = "__DEFAULT__";

/// The property that makes somebody a member.
pub const CONN_GROUP: &str = "conn_group";

/// The property that fixes a user's address in the tunnel.
pub const CONN_IP: &str = "conn_ip";

/// The property that names how a user, a group's members or everybody is authenticated.
pub const USER_AUTH_TYPE: &str = "user_auth_type";

/// What users inherit from their group and from the defaults.
const INHERITED: [&str; 2] = ["prop_", "cli_"];

/// What only those inherit who are not on record: `def_deny` is their `prop_deny`.
const FOR_UNRECORDED: &str = "def_";

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A user's, or everybody's.
    User,
    /// A group's.
    Group,
}

impl Kind {
    /// Of which kind a record is.
    pub fn of(record: &Properties) -> Self {
        if is_group(record) { Self::Group } else { Self::User }
    }

    /// What administrators' tools put into every record of this kind.
    pub const fn marks(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::User => &[],
            Self::Group => &[("type", "group"), ("group_declare", "true")],
        }
    }

    /// The name of the kind.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

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
    let mut sum = default.filter(is_inherited);
    if user.is_none() {
        sum = sum.with(&for_unrecorded(default)?)?;
    }
    if let Some(group) = group {
        sum = sum.with(&group.filter(is_inherited))?;
    }
    match user {
        Some(user) => Ok(sum.with(user)?),
        None => Ok(sum),
    }
}

/// What the defaults say of those who are not on record.
fn for_unrecorded(default: &Properties) -> Result<Properties, Error> {
    let renamed = default.iter().filter_map(|(name, value)| {
        name.strip_prefix(FOR_UNRECORDED).map(|rest| (format!("prop_{rest}"), value.to_owned()))
    });
    Properties::from_pairs(renamed.collect())
}

fn is_inherited(name: &str, _: &str) -> bool {
    INHERITED.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(pairs: &[(&str, &str)]) -> Properties {
        Properties::from_pairs(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()).unwrap()
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
