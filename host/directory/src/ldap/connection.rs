//! Connections to one server, and what is asked on them: one question at a time, and nothing is read that answers none.
//!
//! Not for: what an answer means for a login.

use bytes::BytesMut;
use ldap3::LdapResult;
use vestibule_domain::Secret;

use super::answer::{self, Entry, LdapAnswer, NoAnswer};
use super::ber::Unreadable;
use super::place::{Place, Scheme};
use super::pool::Idle;
use super::request::{self, Search};
use super::result_code::{SUCCESS, is_no_answer};
use super::settings::Checked;
use super::wire::{Bounds, Unreceived, Wire};

/// The most that a policy's search may find, in bytes as [`Entry::size`] counts them: entries are held in memory, and none is as large by
/// itself.
pub(super) const MAX_BYTES: usize = 1024 * 1024;
/// The most that the search for one user may find: a few names.
pub(super) const MAX_USER_BYTES: usize = 64 * 1024;
/// The most elements of all messages that answer one search of a policy. Each takes some memory, however few bytes it has.
pub(super) const MAX_ELEMENTS: usize = 128 * 1024;
/// The same of the search for one user: two entries with some names, and references to other servers.
pub(super) const MAX_USER_ELEMENTS: usize = 1024;
/// What answers anything but a search: a code, and texts for people.
const SHORT: Bounds = Bounds { bytes: 16 * 1024, elements: 256 };

/// A connection on which nothing, or one bind, has been said.
pub(super) struct Connection {
    wire: Wire,
    /// Of the last question.
    number: u32,
}

/// What a search found.
pub(super) struct Found {
    pub(super) entries: Vec<Entry>,
    pub(super) end: End,
}

/// How the answer to a search ended.
pub(super) enum End {
    /// The server said so.
    Done(LdapResult),
    /// There are more entries than wanted. The server goes on to send them.
    TooManyEntries,
    /// There is more than wanted, in words. The server goes on to send it.
    TooMuch(String),
}

impl End {
    /// Whether the next search on the same connection may be answered.
    pub(super) const fn leaves_it_usable(&self) -> bool {
        matches!(self, Self::Done(result) if !is_no_answer(result.rc))
    }
}

impl Connection {
    /// Connects, and turns to TLS where that is configured: a server that cannot is not spoken to.
    pub(super) async fn open(server: &Place, checked: &Checked) -> Result<Self, String> {
        let wire = Wire::connect(&server.name, checked.timeout()).await?;
        let mut connection = Self { wire, number: 0 };
        let Some(tls) = &checked.tls else { return Ok(connection) };
        match server.scheme {
            Scheme::Ldap if !checked.settings.starttls => return Ok(connection),
            Scheme::Ldap => connection.start_tls().await?,
            Scheme::Ldaps => {}
        }
        let wire = connection.wire.secured(&server.host, tls.clone()).await?;
        Ok(Self { wire, ..connection })
    }

    async fn start_tls(&mut self) -> Result<(), String> {
        let number = self.ask(request::starttls).await?;
        match self.answer(number, SHORT).await.map_err(|error| error.to_string())? {
            (LdapAnswer::Extended(result), _) if result.rc == SUCCESS => Ok(()),
            (LdapAnswer::Extended(result), _) => Err(format!("StartTLS is refused: {result}")),
            _ => Err(NoAnswer::OtherOperation.to_string()),
        }
    }

    /// Binds. An empty password would be an anonymous bind that always succeeds (RFC 4513, section 5.1.2).
    pub(super) async fn bind(&mut self, dn: &str, password: &Secret) -> Result<LdapResult, String> {
        if dn.is_empty() || password.expose().is_empty() {
            return Err("an anonymous bind is no proof".to_owned());
        }
        let number = self.ask(|number| request::bind(number, dn, password)).await?;
        match self.answer(number, SHORT).await.map_err(|error| error.to_string())? {
            (LdapAnswer::Bound(result), _) => Ok(result),
            _ => Err(format!("bind: {}", NoAnswer::OtherOperation)),
        }
    }

    /// Searches. One entry more than wanted shows that there are more; what is beyond the bounds is not read.
    pub(super) async fn search(&mut self, search: &Search<'_>) -> Result<Found, String> {
        let number = self.ask(|number| request::search(number, search)).await?;
        // The tags and lengths around short names and values take more than these.
        let bytes = search.max_bytes.saturating_mul(2);
        let (mut entries, mut found, mut elements) = (Vec::new(), 0_usize, search.max_elements);
        let end = loop {
            let (answer, size) = match self.answer(number, Bounds { bytes, elements }).await {
                Ok(answer) => answer,
                // The same search would find as much at another server.
                Err(NotAnswered::Unreceived(Unreceived::Unreadable(Unreadable::TooMany { .. }))) => {
                    break End::TooMuch(format!("more than {} elements", search.max_elements));
                }
                Err(NotAnswered::Unreceived(Unreceived::Unreadable(error @ Unreadable::TooLong { .. }))) => {
                    break End::TooMuch(error.to_string());
                }
                Err(error) => return Err(error.to_string()),
            };
            elements = elements.saturating_sub(size.elements);
            match answer {
                LdapAnswer::Found(entry) => {
                    found = found.saturating_add(entry.size());
                    entries.push(entry);
                }
                // References to other servers are not followed: this directory is the tenant's.
                LdapAnswer::Elsewhere => found = found.saturating_add(size.bytes),
                LdapAnswer::Done(result) => break End::Done(result),
                LdapAnswer::Bound(_) | LdapAnswer::Extended(_) => {
                    return Err(format!("search: {}", NoAnswer::OtherOperation));
                }
            }
            if found > search.max_bytes {
                break End::TooMuch(format!("more than {} bytes", search.max_bytes));
            }
            if u32::try_from(entries.len()).is_ok_and(|found| found > search.max) {
                break End::TooManyEntries;
            }
        };
        Ok(Found { entries, end })
    }

    /// Whether nothing is under way and nothing has come.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.wire.is_quiet()
    }

    async fn ask(&mut self, question: impl FnOnce(u32) -> Result<BytesMut, String>) -> Result<u32, String> {
        // 1 to 2^31 - 1 (RFC 4511, section 4.1.1.1).
        self.number = self.number % 0x7fff_ffff + 1;
        self.wire.send(&question(self.number)?).await?;
        Ok(self.number)
    }

    async fn answer(&mut self, number: u32, bounds: Bounds) -> Result<(LdapAnswer, Size), NotAnswered> {
        let message = self.wire.receive(bounds).await?;
        let answer = answer::read(&message.bytes, number)?;
        Ok((answer, Size { bytes: message.bytes.len(), elements: message.elements }))
    }
}

/// Why there is no answer to a question.
#[derive(Debug, thiserror::Error)]
enum NotAnswered {
    #[error(transparent)]
    Unreceived(#[from] Unreceived),
    #[error(transparent)]
    Unread(#[from] NoAnswer),
}

/// What a message took.
struct Size {
    bytes: usize,
    elements: usize,
}

impl Idle for Connection {
    async fn disturbed(&mut self) {
        self.wire.disturbed().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_kept_after_an_answer_that_was_read_whole() {
        let done =
            |rc| End::Done(LdapResult { rc, matched: String::new(), text: String::new(), refs: vec![], ctrls: vec![] });
        // Success, more than the server's limit, no such object.
        assert!([0, 4, 32].into_iter().map(done).all(|end| end.leaves_it_usable()));
        // An operations error, and a server that is busy.
        assert!(![1, 51].into_iter().map(done).any(|end| end.leaves_it_usable()));
        assert!(!End::TooManyEntries.leaves_it_usable() && !End::TooMuch(String::new()).leaves_it_usable());
    }
}
