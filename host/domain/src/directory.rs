//! A search in a directory and what it finds (RFC 4511), as plain data.
//!
//! Not for: speaking LDAP, or deciding who may search.

mod value;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::bounded::{List, Weigh};
use crate::capability::Error;
use crate::dn::Dn;
use crate::json;
use crate::text::log_text;

/// What one entry may have when it is read, in bytes as [`List`] counts them: more than policies are handed of one by default.
const MAX_READ_BYTES: usize = 4 << 20;

/// How far below the base a search looks (RFC 4511, section 4.5.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = SearchScope)]
pub enum Scope {
    /// The base itself.
    Base,
    /// Its children.
    OneLevel,
    /// It and everything below.
    Subtree,
}

/// One search. The filter is complete: its arguments are escaped and in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// A distinguished name; absent: the tenant's search base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// How far to look.
    pub scope: Scope,
    /// A filter (RFC 4515).
    pub filter: String,
    /// The attributes to return; none asks for names alone.
    #[serde(default)]
    pub attributes: Vec<String>,
}

/// One entry found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its distinguished name.
    pub dn: String,
    /// Its attributes.
    #[serde(default, deserialize_with = "read_list")]
    pub attributes: Vec<Attribute>,
}

/// One attribute with all its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Spelled as the query spelled it.
    pub name: String,
    /// In the directory's order.
    #[serde(deserialize_with = "read_list")]
    pub values: Vec<Value>,
}

/// One value: text where it is valid UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Value {
    /// Valid UTF-8.
    Text(String),
    /// Anything else; Base64 in JSON.
    Octets {
        /// The value as received.
        #[serde(with = "json::octets")]
        #[schema(value_type = String, content_encoding = "base64")]
        octets: Vec<u8>,
    },
}

impl Query {
    /// Keeps a policy's search at or below where the tenant's searches begin.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a base that is no name; [`Error::Denied`] for one outside.
    pub fn ensure_within(&self, search_base: &Dn) -> Result<(), Error> {
        let Some(base) = &self.base else { return Ok(()) };
        let parsed = Dn::parse(base).map_err(|error| Error::Invalid(error.to_string()))?;
        if parsed.is_within(search_base) {
            return Ok(());
        }
        Err(Error::Denied(format!("`{base}` is not within the search base")))
    }

    /// Believes that an entry is one that was asked for: one that lies where this searches. `search_base` is where the tenant's searches
    /// begin.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: it lies elsewhere, or what it is called is no name. Whoever says so answers another question.
    pub fn ensure_found(&self, search_base: &Dn, entry: &Entry) -> Result<(), Error> {
        let own = self.base.as_ref().map(|base| Dn::parse(base)).transpose();
        let own = own.map_err(|error| Error::Invalid(error.to_string()))?;
        let base = own.as_ref().unwrap_or(search_base);
        let dn = Dn::parse(&entry.dn).map_err(|error| Error::Unavailable(format!("an entry's name: {error}")))?;
        if self.scope.holds(&dn, base) {
            return Ok(());
        }
        Err(Error::Unavailable(format!("an entry that was not searched for: `{}`", log_text(&entry.dn, 128))))
    }
}

impl Scope {
    /// Whether a search from this base may find an entry of this name.
    pub fn holds(self, dn: &Dn, base: &Dn) -> bool {
        match self {
            Self::Base => dn == base,
            Self::OneLevel => dn.is_child_of(base),
            Self::Subtree => dn.is_within(base),
        }
    }
}

impl Weigh for Entry {
    fn weight(&self) -> usize {
        self.dn.len() + self.attributes.weight()
    }
}

impl Weigh for Attribute {
    fn weight(&self) -> usize {
        self.name.len() + self.values.weight()
    }
}

impl Weigh for Value {
    fn weight(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Octets { octets } => octets.len(),
        }
    }
}

fn read_list<'de, D: Deserializer<'de>, T: Weigh + Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    List::<T, MAX_READ_BYTES>::deserialize(deserializer).map(List::into_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_counts_only_where_it_was_searched_for() {
        let tenants = Dn::parse("dc=x").unwrap();
        let found = |base: Option<&str>, scope, dn: &str| {
            let query =
                Query { base: base.map(str::to_owned), scope, filter: "(a=b)".to_owned(), attributes: Vec::new() };
            query.ensure_found(&tenants, &Entry { dn: dn.to_owned(), attributes: Vec::new() }).is_ok()
        };
        assert!(found(None, Scope::Subtree, "uid=joe,OU=People,dc=x"));
        assert!(found(Some("ou=people,dc=x"), Scope::OneLevel, "uid=joe,ou=people,dc=x"));
        assert!(found(Some("uid=joe,dc=x"), Scope::Base, "UID=Joe,DC=X"));
        for (base, scope, dn) in [
            (None, Scope::Subtree, "uid=joe,dc=y"),
            (None, Scope::Subtree, "uid=joe\\,dc=x"),
            (None, Scope::Subtree, ""),
            (Some("ou=people,dc=x"), Scope::Subtree, "uid=joe,dc=x"),
            (Some("ou=people,dc=x"), Scope::OneLevel, "ou=people,dc=x"),
            (Some("dc=x"), Scope::OneLevel, "uid=joe,ou=people,dc=x"),
            (Some("uid=joe,dc=x"), Scope::Base, "cn=a,uid=joe,dc=x"),
        ] {
            assert!(!found(base, scope, dn), "{base:?} {scope:?} {dn}");
        }
    }
}
