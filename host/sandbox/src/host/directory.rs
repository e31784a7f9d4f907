//! `directory`: searches, granted, escaped, counted, and written to the log of host calls.
//!
//! Not for: speaking LDAP; see [`crate::capability::Directory`].

use std::sync::Arc;

use vestibule_domain::bounded;
use vestibule_domain::capability::Error;
use vestibule_domain::directory::{Attribute, Entry, Query, Scope, Value};
use vestibule_domain::filter;
use wasmtime::Result;
use wasmtime::component::LinkerInstance;

use crate::bindings::directory as wit;
use crate::crossing::{Passes, function_async};
use crate::host_call_log::Exchange;
use crate::state::State;

/// The longest distinguished name and the most and longest attribute names of a query: far beyond any schema's.
const MAX_BASE_BYTES: usize = 1024;
const MAX_ATTRIBUTES: usize = 64;
const MAX_ATTRIBUTE_BYTES: usize = 128;

pub(super) fn define(linker: &mut LinkerInstance<'_, State>) -> Result<()> {
    function_async(linker, "search", |state, (query,): (wit::Query,)| Box::pin(state.search(query)))
}

impl State {
    async fn search(&mut self, query: wit::Query) -> Result<(Result<Vec<wit::Entry>, wit::Error>,)> {
        let answer = match self.checked(query) {
            Ok(query) => self.search_taped(query).await?,
            Err(error) => Err(error),
        };
        if let Err(error) = &answer {
            self.note_failed(error);
        }
        Ok((answer.map(|entries| entries.into_iter().map(entry).collect()).map_err(wit::Error::from),))
    }

    /// The query with its arguments in place, if it is granted, well-formed, and within the budget.
    fn checked(&mut self, query: wit::Query) -> Result<Query, Error> {
        if !self.configuration.grants.directory {
            return Err(Error::Denied("`directory` is not granted".to_owned()));
        }
        self.budget.take_search().map_err(Error::Exhausted)?;
        let base_bytes = query.base.as_ref().map_or(0, String::len);
        if base_bytes > MAX_BASE_BYTES {
            return Err(Error::Invalid(format!("a base of {base_bytes} bytes")));
        }
        let attributes = &query.attributes;
        if attributes.len() > MAX_ATTRIBUTES || attributes.iter().any(|name| name.len() > MAX_ATTRIBUTE_BYTES) {
            return Err(Error::Invalid("too many attributes, or one with too long a name".to_owned()));
        }
        let filter = filter::expand(&query.filter, &query.arguments);
        Ok(Query {
            base: query.base,
            scope: match query.scope {
                wit::Scope::Base => Scope::Base,
                wit::Scope::OneLevel => Scope::OneLevel,
                wit::Scope::Subtree => Scope::Subtree,
            },
            filter: filter.map_err(|error| Error::Invalid(error.to_string()))?,
            attributes: query.attributes,
        })
    }

    /// Asks the world and writes the answer down, or reads it back. What is too large for the budget is not kept.
    async fn search_taped(&mut self, query: Query) -> Result<Result<Vec<Entry>, Error>> {
        let answer = if self.call_log.is_live() {
            self.memory.take_for_answers()?;
            let directory = Arc::clone(&self.configuration.capabilities.directory);
            directory.search(&query).await
        } else {
            match self.call_log.next(|next| matches!(next, Exchange::Directory { query: asked, .. } if *asked == query))
            {
                Some(Exchange::Directory { answer, .. }) => answer,
                _ => {
                    self.ensure_waited()?;
                    Err(Error::Unavailable("the recording has no answer to this search".to_owned()))
                }
            }
        };
        let answer = answer.and_then(|entries| {
            self.budget.take_entries(bounded::Weigh::weight(&entries)).map_err(Error::Exhausted)?;
            Ok(entries)
        });
        self.call_log.write(Exchange::Directory { query, answer: answer.clone() });
        Ok(answer)
    }
}

impl From<Error> for wit::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(detail) => Self::Denied(detail),
            Error::Unavailable(detail) => Self::Unavailable(detail),
            Error::Invalid(detail) => Self::InvalidQuery(detail),
            Error::Exhausted(detail) => Self::Exhausted(detail),
        }
    }
}

fn entry(entry: Entry) -> wit::Entry {
    wit::Entry { dn: entry.dn, attributes: entry.attributes.into_iter().map(attribute).collect() }
}

fn attribute(attribute: Attribute) -> wit::Attribute {
    let value = |value| match value {
        Value::Text(text) => wit::Value::Text(text),
        Value::Octets { octets } => wit::Value::Octets(octets),
    };
    wit::Attribute { name: attribute.name, values: attribute.values.into_iter().map(value).collect() }
}

impl Passes for wit::Query {
    fn weight(&self) -> u64 {
        let Self { base, scope: _, filter, arguments, attributes } = self;
        base.weight() + Passes::weight(filter) + arguments.weight() + attributes.weight()
    }
}

impl Passes for wit::Entry {
    fn weight(&self) -> u64 {
        Passes::weight(&self.dn) + self.attributes.weight()
    }
}

impl Passes for wit::Attribute {
    fn weight(&self) -> u64 {
        Passes::weight(&self.name) + self.values.weight()
    }
}

impl Passes for wit::Value {
    fn weight(&self) -> u64 {
        match self {
            Self::Text(text) => Passes::weight(text),
            Self::Octets(octets) => octets.weight(),
        }
    }
}

impl Passes for wit::Error {
    fn weight(&self) -> u64 {
        match self {
            Self::Denied(detail)
            | Self::Unavailable(detail)
            | Self::InvalidQuery(detail)
            | Self::Exhausted(detail)
            | Self::Other(detail) => Passes::weight(detail),
        }
    }
}
