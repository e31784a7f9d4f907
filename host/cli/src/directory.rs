//! A directory for trying policies offline: answers read from a file.
//!
//! Not for: LDAP. A query finds the entry whose filter, with arguments in place, is the same text.

use serde::Deserialize;
use vestibule_domain::capability::Error;
use vestibule_domain::directory::{Entry, Query};
use vestibule_sandbox::capability::{CapabilityFuture, Directory};

/// Answers by filter; the first that fits counts.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Canned {
    answers: Vec<CannedAnswer>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CannedAnswer {
    /// The expanded filter.
    filter: String,
    /// Answers only searches from here; absent: from anywhere.
    #[serde(default)]
    base: Option<String>,
    entries: Vec<Entry>,
}

impl Canned {
    fn answer(&self, query: &Query) -> Result<Vec<Entry>, Error> {
        let fits = |answer: &&CannedAnswer| {
            answer.filter == query.filter && (answer.base.is_none() || answer.base == query.base)
        };
        match self.answers.iter().find(fits) {
            Some(answer) => Ok(answer.entries.iter().map(|entry| select(entry, &query.attributes)).collect()),
            None => Err(Error::Unavailable(format!("no `--directory` file answers `{}`", query.filter))),
        }
    }
}

/// An entry as a directory returns it: with the attributes asked for, spelled as the query spells them.
fn select(entry: &Entry, names: &[String]) -> Entry {
    let attributes = names.iter().filter_map(|name| {
        let held = entry.attributes.iter().find(|held| held.name.eq_ignore_ascii_case(name))?;
        let mut attribute = held.clone();
        attribute.name.clone_from(name);
        Some(attribute)
    });
    Entry { dn: entry.dn.clone(), attributes: attributes.collect() }
}

impl Directory for Canned {
    fn search<'a>(&'a self, query: &'a Query) -> CapabilityFuture<'a, Result<Vec<Entry>, Error>> {
        Box::pin(async { self.answer(query) })
    }
}

#[cfg(test)]
mod tests {
    use vestibule_domain::directory::Scope;
    use vestibule_domain::json;

    use super::*;

    const FILE: &str = r#"[{
        "filter": "(uid=joe)",
        "base": "ou=people,dc=example,dc=com",
        "entries": [{
            "dn": "uid=joe,ou=people,dc=example,dc=com",
            "attributes": [
                {"name": "memberOf", "values": ["cn=staff,dc=example,dc=com"]},
                {"name": "mail", "values": ["joe@example.com"]}
            ]
        }]
    }]"#;

    fn search(filter: &str, base: &str) -> Result<Vec<Entry>, Error> {
        let canned: Canned = json::from_str("directory", FILE).unwrap();
        canned.answer(&Query {
            base: Some(base.to_owned()),
            scope: Scope::Subtree,
            filter: filter.to_owned(),
            attributes: vec!["MEMBEROF".to_owned()],
        })
    }

    #[test]
    fn a_known_filter_finds_the_attributes_asked_for() {
        let entries = search("(uid=joe)", "ou=people,dc=example,dc=com").unwrap();
        let names: Vec<_> =
            entries.iter().flat_map(|entry| &entry.attributes).map(|attribute| &attribute.name).collect();
        assert_eq!(names, ["MEMBEROF"]);
    }

    #[test]
    fn an_unknown_filter_or_another_base_is_unavailable_by_name() {
        let error = Error::Unavailable("no `--directory` file answers `(uid=jim)`".to_owned());
        assert_eq!(search("(uid=jim)", "ou=people,dc=example,dc=com"), Err(error));
        assert!(search("(uid=joe)", "dc=example,dc=com").is_err());
    }
}
