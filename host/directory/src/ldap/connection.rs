//! Connections to one server, and what is asked on them.
//!
//! Not for: what an answer means for a login.

use std::time::Duration;

use ldap3::{LdapConnAsync, LdapConnSettings, LdapResult, Scope, SearchEntry, SearchOptions};
use tokio::task::JoinSet;
use vestibule_domain::Secret;
use vestibule_domain::text::log_text;

use super::settings::Checked;

/// The most that one search may find, in bytes of names and values: entries are held in memory, and none is as large by itself.
pub(super) const MAX_BYTES: usize = 1024 * 1024;

/// A connection on which nothing, or one bind, has been said.
pub(super) struct Connection {
    ldap: ldap3::Ldap,
    /// Reads and writes; it ends with the connection.
    _driver: JoinSet<()>,
}

/// What is searched for, and where.
pub(super) struct Search<'a> {
    pub(super) base: &'a str,
    pub(super) scope: Scope,
    pub(super) filter: &'a str,
    pub(super) attributes: &'a [String],
    /// The most entries that are wanted.
    pub(super) max: u32,
}

/// What a search found.
pub(super) struct Found {
    pub(super) entries: Vec<SearchEntry>,
    /// What these take; more than [`MAX_BYTES`] if there would have been more of them.
    pub(super) bytes: usize,
    pub(super) result: LdapResult,
}

impl Connection {
    /// Connects, and turns to TLS where that is configured: a server that cannot is not spoken to.
    pub(super) async fn open(server: &str, checked: &Checked) -> Result<Self, String> {
        let settings = LdapConnSettings::new().set_starttls(checked.settings.starttls);
        let settings = match &checked.tls {
            Some(tls) => settings.set_config(tls.clone()),
            None => settings,
        };
        let (connection, ldap) =
            LdapConnAsync::with_settings(settings, server).await.map_err(|error| failed("connect", &error))?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            if let Err(error) = connection.drive().await {
                tracing::debug!(%error, "an LDAP connection has ended");
            }
        });
        Ok(Self { ldap, _driver: driver })
    }

    /// Binds. An empty password would be an anonymous bind that always succeeds (RFC 4513, section 5.1.2).
    pub(super) async fn bind(&mut self, dn: &str, password: &Secret) -> Result<LdapResult, String> {
        if dn.is_empty() || password.expose().is_empty() {
            return Err("an anonymous bind is no proof".to_owned());
        }
        self.ldap.simple_bind(dn, password.expose()).await.map_err(|error| failed("bind", &error))
    }

    /// Searches. One entry more than wanted shows that there are more, and entries beyond [`MAX_BYTES`] are not read.
    pub(super) async fn search(&mut self, search: &Search<'_>) -> Result<Found, String> {
        let &Search { base, scope, filter, attributes, max } = search;
        // None at all would mean all of them (RFC 4511, section 4.5.1.8).
        let attributes = if attributes.is_empty() { vec!["1.1".to_owned()] } else { attributes.to_vec() };
        let limit = i32::try_from(max).unwrap_or(i32::MAX);
        self.ldap.with_search_options(SearchOptions::new().sizelimit(limit));
        let stream = self.ldap.streaming_search(base, scope, filter, attributes).await;
        let mut stream = stream.map_err(|error| failed("search", &error))?;
        let (mut entries, mut bytes) = (Vec::new(), 0);
        while let Some(entry) = stream.next().await.map_err(|error| failed("search", &error))? {
            // References to other servers are not followed: this directory is the tenant's.
            if !entry.is_ref() && !entry.is_intermediate() {
                let entry = SearchEntry::construct(entry);
                bytes += size(&entry);
                entries.push(entry);
            }
            if bytes > MAX_BYTES || u32::try_from(entries.len()).is_ok_and(|found| found > max) {
                break;
            }
        }
        let result = stream.finish().await;
        Ok(Found { entries, bytes, result })
    }

    /// Whether the server, or what leads there, has ended it.
    pub(super) fn is_closed(&mut self) -> bool {
        self.ldap.is_closed()
    }
}

fn size(entry: &SearchEntry) -> usize {
    let texts = entry.attrs.iter().map(|(name, values)| name.len() + values.iter().map(String::len).sum::<usize>());
    let octets = entry.bin_attrs.iter().map(|(name, values)| name.len() + values.iter().map(Vec::len).sum::<usize>());
    entry.dn.len() + texts.chain(octets).sum::<usize>()
}

/// Runs what talks to a server apart: an answer that the library cannot read makes it panic. Whoever stops waiting ends it.
pub(super) async fn apart<T: Send + 'static>(
    timeout: Duration,
    work: impl Future<Output = Result<T, String>> + Send + 'static,
) -> Result<T, String> {
    let mut task = JoinSet::new();
    task.spawn(work);
    match tokio::time::timeout(timeout, task.join_next()).await {
        Err(_) => Err(format!("no answer within {} ms", timeout.as_millis())),
        Ok(Some(Ok(answer))) => answer,
        Ok(_) => Err("an answer that cannot be read".to_owned()),
    }
}

fn failed(what: &str, error: &ldap3::LdapError) -> String {
    log_text(&format!("{what}: {error}"), 256)
}
