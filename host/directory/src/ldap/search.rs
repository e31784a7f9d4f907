//! Searches as the service account: for users, and for policies.
//!
//! Not for: anonymous searches. Where no account is configured, nothing is searched.

use ldap3::{Scope, SearchEntry};
use vestibule_domain::capability::Error;
use vestibule_domain::directory::{self, Attribute, Entry, Query, Value};

use super::connection::{Connection, Found, MAX_BYTES, Search};
use super::result_code::{
    INAPPROPRIATE_MATCHING, INSUFFICIENT_ACCESS, INVALID_DN, NO_SUCH_OBJECT, SIZE_LIMIT_EXCEEDED, SUCCESS,
    UNDEFINED_ATTRIBUTE, is_no_answer, leaves_it_usable,
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
        let scope = match query.scope {
            directory::Scope::Base => Scope::Base,
            directory::Scope::OneLevel => Scope::OneLevel,
            directory::Scope::Subtree => Scope::Subtree,
        };
        let search = Search { base, scope, filter: &query.filter, attributes: &query.attributes, max };
        let found = self.search_as_service(server, &search).await?;
        let detail = || found.result.to_string();
        Ok(match found.result.rc {
            _ if found.entries.len() > max as usize => Err(too_many(max)),
            _ if found.bytes > MAX_BYTES => {
                Err(Error::Exhausted(format!("the search finds more than {MAX_BYTES} bytes")))
            }
            SIZE_LIMIT_EXCEEDED => Err(too_many(max)),
            SUCCESS => Ok(found.entries.into_iter().map(|entry| to_entry(entry, &query.attributes)).collect()),
            NO_SUCH_OBJECT => Ok(Vec::new()),
            UNDEFINED_ATTRIBUTE | INAPPROPRIATE_MATCHING | INVALID_DN => Err(Error::Invalid(detail())),
            INSUFFICIENT_ACCESS => Err(Error::Denied(detail())),
            _ => return Err(detail()),
        })
    }

    /// Searches on a kept connection, or on a new one where none is kept or the kept one turns out to be no good.
    pub(super) async fn search_as_service(&self, server: &Server, search: &Search<'_>) -> Result<Found, String> {
        if let Some(mut kept) = server.pool.take(|kept| !kept.is_closed())
            && let Ok(found) = kept.search(search).await
            && !is_no_answer(found.result.rc)
        {
            give_back(server, kept, &found);
            return Ok(found);
        }
        let service = self.checked.service.as_ref().ok_or("there is no service account")?;
        let mut connection = Connection::open(&server.url, &self.checked).await?;
        let bound = connection.bind(&service.dn, &service.password).await?;
        if bound.rc != SUCCESS {
            return Err(format!("the service account cannot bind: {bound}"));
        }
        let found = connection.search(search).await?;
        give_back(server, connection, &found);
        Ok(found)
    }
}

/// Keeps the connection for the next search, if there may be one on it.
fn give_back(server: &Server, connection: Connection, found: &Found) {
    if leaves_it_usable(found.result.rc) {
        server.pool.give_back(connection);
    }
}

fn too_many(max: u32) -> Error {
    Error::Exhausted(format!("the search finds more than {max} entries"))
}

/// With the attributes asked for, spelled as the query spells them; types are compared without case (RFC 4512, section 2.5).
fn to_entry(found: SearchEntry, names: &[String]) -> Entry {
    let text = |name: &str| {
        let held = found.attrs.iter().find(|(held, _)| held.eq_ignore_ascii_case(name));
        held.map(|(_, values)| values.iter().cloned().map(Value::Text).collect::<Vec<_>>())
    };
    let octets = |name: &str| {
        let held = found.bin_attrs.iter().find(|(held, _)| held.eq_ignore_ascii_case(name));
        held.map(|(_, values)| values.iter().map(|value| to_value(value)).collect::<Vec<_>>())
    };
    let attributes = names.iter().filter_map(|name| {
        let values = octets(name).or_else(|| text(name))?;
        Some(Attribute { name: name.clone(), values })
    });
    Entry { attributes: attributes.collect(), dn: found.dn.clone() }
}

fn to_value(octets: &[u8]) -> Value {
    match std::str::from_utf8(octets) {
        Ok(text) => Value::Text(text.to_owned()),
        Err(_) => Value::Octets { octets: octets.to_vec() },
    }
}
