//! Searches as the service account: for users, and for policies.
//!
//! Not for: anonymous searches. Where no account is configured, nothing is searched.

use vestibule_domain::capability::Error;
use vestibule_domain::directory::{Attribute, Entry, Query, Value};

use super::answer;
use super::connection::{Connection, End, Found, MAX_BYTES, MAX_ELEMENTS};
use super::request::Search;
use super::result_code::{
    INAPPROPRIATE_MATCHING, INSUFFICIENT_ACCESS, INVALID_DN, NO_SUCH_OBJECT, SIZE_LIMIT_EXCEEDED, SUCCESS,
    UNDEFINED_ATTRIBUTE, is_no_answer,
};
use super::{Parts, Server};

impl Parts {
    /// What can be said of a policy's search before anybody is asked.
    pub(super) fn ensure_allowed(&self, query: &Query) -> Result<(), Error> {
        if self.checked.service.is_none() {
            return Err(Error::Denied("the tenant's directory has no service account to search as".to_owned()));
        }
        query.ensure_within(&self.checked.base)
    }

    /// Asks one server. Its answer may be that the search was wrong; an error is that there is no answer.
    pub(super) async fn search_on(&self, server: &Server, query: &Query) -> Result<Result<Vec<Entry>, Error>, String> {
        let max = self.checked.settings.max_entries;
        let base = query.base.as_ref().unwrap_or(&self.checked.settings.search_base);
        let Query { scope, ref filter, ref attributes, .. } = *query;
        let (max_bytes, max_elements) = (MAX_BYTES, MAX_ELEMENTS);
        let search = Search { base, scope, filter, attributes, max, max_bytes, max_elements };
        let found = self.search_as_service(server, &search).await?;
        let result = match found.end {
            End::TooManyEntries => return Ok(Err(too_many(max))),
            End::TooMuch(what) => return Ok(Err(Error::Exhausted(format!("the search finds {what}")))),
            End::Done(result) => result,
        };
        let detail = || result.to_string();
        Ok(match result.rc {
            SIZE_LIMIT_EXCEEDED => Err(too_many(max)),
            SUCCESS => Ok(self.believed(query, found.entries)?),
            NO_SUCH_OBJECT => Ok(Vec::new()),
            UNDEFINED_ATTRIBUTE | INAPPROPRIATE_MATCHING | INVALID_DN => Err(Error::Invalid(detail())),
            INSUFFICIENT_ACCESS => Err(Error::Denied(detail())),
            _ => return Err(detail()),
        })
    }

    /// The entries, if all of them lie where they were searched for.
    fn believed(&self, query: &Query, found: Vec<answer::Entry>) -> Result<Vec<Entry>, String> {
        let entries = found.into_iter().map(|entry| {
            let entry = to_entry(entry, &query.attributes);
            query.ensure_found(&self.checked.base, &entry).map_err(|error| error.to_string())?;
            Ok(entry)
        });
        entries.collect()
    }

    /// Searches on a kept connection, or on a new one where none is kept or the kept one turns out to be no good.
    pub(super) async fn search_as_service(&self, server: &Server, search: &Search<'_>) -> Result<Found, String> {
        if let Some(mut kept) = server.pool.take().await
            && let Ok(found) = kept.search(search).await
            && found.is_an_answer()
        {
            give_back(server, kept, &found);
            return Ok(found);
        }
        let service = self.checked.service.as_ref().ok_or("there is no service account")?;
        let mut connection = Connection::open(&server.place, &self.checked).await?;
        let bound = connection.bind(&service.dn, &service.password).await?;
        if bound.rc != SUCCESS {
            return Err(format!("the service account cannot bind: {bound}"));
        }
        let found = connection.search(search).await?;
        give_back(server, connection, &found);
        Ok(found)
    }
}

impl Found {
    /// Whether the server could answer, on this connection.
    const fn is_an_answer(&self) -> bool {
        !matches!(&self.end, End::Done(result) if is_no_answer(result.rc))
    }
}

/// Keeps the connection for the next search, if there may be one on it.
fn give_back(server: &Server, mut connection: Connection, found: &Found) {
    if found.end.leaves_it_usable() && connection.is_quiet() {
        server.pool.give_back(connection);
    }
}

fn too_many(max: u32) -> Error {
    Error::Exhausted(format!("the search finds more than {max} entries"))
}

/// With the attributes asked for, spelled as the query spells them.
fn to_entry(found: answer::Entry, names: &[String]) -> Entry {
    let attributes = names.iter().filter_map(|name| {
        let held = found.attribute(name)?;
        Some(Attribute { name: name.clone(), values: held.values.iter().map(|value| to_value(value)).collect() })
    });
    Entry { attributes: attributes.collect(), dn: found.dn.clone() }
}

fn to_value(octets: &[u8]) -> Value {
    match std::str::from_utf8(octets) {
        Ok(text) => Value::Text(text.to_owned()),
        Err(_) => Value::Octets { octets: octets.to_vec() },
    }
}
