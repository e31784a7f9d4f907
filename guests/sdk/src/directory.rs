//! Searches in the tenant's LDAP directory, for a policy whose manifest wants them.
//!
//! Not for: building filters by hand. A value goes into `arguments` and the host escapes it:
//!
//! ```ignore
//! let query = Query::new("(uid={user})", &[("user", &login.authret.user)], &["memberOf"]);
//! for entry in directory::search(&query)? {
//!     let groups: Vec<&str> = entry.texts("memberOf").collect();
//! }
//! ```

pub use crate::bindings::vestibule::policy::directory::{Attribute, Entry, Error, Scope, Value};

use crate::bindings::vestibule::policy::directory;

/// One search, in the contract's words.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// Where to begin; absent: the tenant's search base.
    pub base: Option<&'a str>,
    /// How far below the base the search looks.
    pub scope: Scope,
    /// A filter (RFC 4515) in which `{name}` stands for the value of an argument.
    pub filter: &'a str,
    /// The value of each placeholder.
    pub arguments: &'a [(&'a str, &'a str)],
    /// The attributes to return.
    pub attributes: &'a [&'a str],
}

impl<'a> Query<'a> {
    /// A search below the tenant's search base.
    pub fn new(filter: &'a str, arguments: &'a [(&'a str, &'a str)], attributes: &'a [&'a str]) -> Self {
        Self { base: None, scope: Scope::Subtree, filter, arguments, attributes }
    }

    /// The one entry with this distinguished name.
    pub fn entry(dn: &'a str, attributes: &'a [&'a str]) -> Self {
        Self { base: Some(dn), scope: Scope::Base, filter: "(objectClass=*)", arguments: &[], attributes }
    }
}

/// Every entry found, in the directory's order. Finding nothing is an empty list.
///
/// # Errors
/// Says why there is no answer. A policy that cannot go on without one returns the error with `?`: the login is denied.
pub fn search(query: &Query<'_>) -> Result<Vec<Entry>, Error> {
    let Query { base, scope, filter, arguments, attributes } = *query;
    let arguments: Vec<(String, String)> =
        arguments.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    directory::search(directory::Query { base, scope, filter, arguments: &arguments, attributes })
}

impl Entry {
    /// The values of one attribute, as the query spelled its name, that are text.
    pub fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let values = self.attributes.iter().filter(move |attribute| attribute.name == name).flat_map(|a| &a.values);
        values.filter_map(|value| match value {
            Value::Text(text) => Some(text.as_str()),
            Value::Octets(_) => None,
        })
    }
}

/// The text of an error, so that `?` turns it into the policy's own.
impl From<Error> for String {
    fn from(error: Error) -> Self {
        let (problem, detail) = match error {
            Error::Denied(detail) => ("search refused", detail),
            Error::Unavailable(detail) => ("no answer", detail),
            Error::InvalidQuery(detail) => ("malformed query", detail),
            Error::Exhausted(detail) => ("no search left", detail),
            Error::Other(detail) => ("search failed", detail),
        };
        format!("directory: {problem}: {detail}")
    }
}
