//! What a server answers (RFC 4511, sections 4.1.9 to 4.12): read only as the answer to the question that was asked.
//!
//! Not for: measuring, which comes before; see [`super::ber`]. Nor for what an answer means to a login.

use ldap3::LdapResult;
use vestibule_domain::bounded::ENTRY_BYTES;
use vestibule_domain::text::log_text;

use super::ber::{Elements, Unreadable, number};

/// Tags of the protocol.
const MESSAGE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const ENUMERATED: u8 = 0x0a;
const OCTETS: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const CONTROLS: u8 = 0xa0;

const BIND_RESPONSE: u8 = 0x61;
const SEARCH_ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;
const SEARCH_REFERENCE: u8 = 0x73;
const EXTENDED_RESPONSE: u8 = 0x78;

/// The most that is kept of a text for people, in bytes.
const MAX_TEXT_BYTES: usize = 512;

/// The number of a message that answers nothing (RFC 4511, section 4.4).
const UNSOLICITED: u32 = 0;

/// An answer, by the operation that it answers.
#[derive(Debug, Clone)]
pub(super) enum LdapAnswer {
    /// To a bind.
    Bound(LdapResult),
    /// To a search: one of the entries.
    Found(Entry),
    /// To a search: where else to look, which is not followed.
    Elsewhere,
    /// To a search: its end.
    Done(LdapResult),
    /// To an extended operation.
    Extended(LdapResult),
}

/// An entry as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) dn: String,
    /// Each type once.
    pub(super) attributes: Vec<Attribute>,
}

/// One attribute with its values, in the order received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) values: Vec<Vec<u8>>,
}

/// Why a message is no answer to the question.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("the server ends the connection, or says what nobody asked for")]
    Unsolicited,
    #[error("an answer to another question")]
    OtherQuestion,
    #[error("an answer to another operation")]
    OtherOperation,
}

impl Entry {
    /// An attribute by its name; types are compared without case (RFC 4512, section 2.5).
    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|held| held.name.eq_ignore_ascii_case(name))
    }

    /// Its bytes of names and values, and what each of them takes besides: an empty value is held in memory as well.
    pub(super) fn size(&self) -> usize {
        let value = |value: &Vec<u8>| value.len() + ENTRY_BYTES;
        let attribute = |held: &Attribute| held.name.len() + ENTRY_BYTES + held.values.iter().map(value).sum::<usize>();
        self.dn.len() + ENTRY_BYTES + self.attributes.iter().map(attribute).sum::<usize>()
    }
}

/// Reads a whole message as an answer to the question of a number.
pub(super) fn read(message: &[u8], question: u32) -> Result<LdapAnswer, NoAnswer> {
    let mut outer = Elements::of(message);
    let mut parts = Elements::of(outer.one(MESSAGE)?);
    outer.end()?;
    match number(parts.one(INTEGER)?)? {
        held if held == question => {}
        UNSOLICITED => return Err(NoAnswer::Unsolicited),
        _ => return Err(NoAnswer::OtherQuestion),
    }
    let Some((operation, content)) = parts.next()? else { return Err(Unreadable::Malformed.into()) };
    // Nobody asked for controls; those of an answer may be ignored (RFC 4511, section 4.1.11).
    if parts.next()?.is_some_and(|(tag, _)| tag != CONTROLS) {
        return Err(Unreadable::Malformed.into());
    }
    parts.end()?;
    Ok(match operation {
        BIND_RESPONSE => LdapAnswer::Bound(result(content)?),
        SEARCH_ENTRY => LdapAnswer::Found(entry(content)?),
        SEARCH_DONE => LdapAnswer::Done(result(content)?),
        SEARCH_REFERENCE => LdapAnswer::Elsewhere,
        EXTENDED_RESPONSE => LdapAnswer::Extended(result(content)?),
        _ => return Err(NoAnswer::OtherOperation),
    })
}

/// A code with a name and a text. What may follow, such as referrals, is for whoever would follow them.
fn result(content: &[u8]) -> Result<LdapResult, Unreadable> {
    let mut parts = Elements::of(content);
    let rc = number(parts.one(ENUMERATED)?)?;
    let (matched, text) = (lossy(parts.one(OCTETS)?), lossy(parts.one(OCTETS)?));
    Ok(LdapResult { rc, matched, text, refs: Vec::new(), ctrls: Vec::new() })
}

/// What is only for the log may be in any encoding, and of any length.
fn lossy(octets: &[u8]) -> String {
    let kept = octets.get(..MAX_TEXT_BYTES).unwrap_or(octets);
    log_text(&String::from_utf8_lossy(kept), MAX_TEXT_BYTES)
}

fn entry(content: &[u8]) -> Result<Entry, Unreadable> {
    let mut parts = Elements::of(content);
    let dn = text(parts.one(OCTETS)?)?;
    let mut list = Elements::of(parts.one(SEQUENCE)?);
    parts.end()?;
    let mut entry = Entry { dn, attributes: Vec::new() };
    while let Some((tag, content)) = list.next()? {
        if tag != SEQUENCE {
            return Err(Unreadable::Malformed);
        }
        entry.attributes.push(attribute(content)?);
    }
    // One that came twice could mean either.
    let mut names: Vec<_> = entry.attributes.iter().map(|held| held.name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
        return Err(Unreadable::Malformed);
    }
    Ok(entry)
}

fn attribute(content: &[u8]) -> Result<Attribute, Unreadable> {
    let mut parts = Elements::of(content);
    let name = text(parts.one(OCTETS)?)?;
    let mut set = Elements::of(parts.one(SET)?);
    parts.end()?;
    let mut values = Vec::new();
    while let Some((tag, content)) = set.next()? {
        if tag != OCTETS {
            return Err(Unreadable::Malformed);
        }
        values.push(content.to_vec());
    }
    Ok(Attribute { name, values })
}

fn text(octets: &[u8]) -> Result<String, Unreadable> {
    std::str::from_utf8(octets).map(str::to_owned).map_err(|_| Unreadable::Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
    }

    fn message(id: &[u8], rest: &[&[u8]]) -> Vec<u8> {
        tagged(MESSAGE, &[tagged(INTEGER, id), rest.concat()].concat())
    }

    const RESULT: &[u8] = b"\x0a\x01\x31\x04\x00\x04\x02no";

    fn attribute(name: &str, values: &[&[u8]]) -> Vec<u8> {
        let values: Vec<u8> = values.iter().flat_map(|value| tagged(OCTETS, value)).collect();
        tagged(SEQUENCE, &[tagged(OCTETS, name.as_bytes()), tagged(SET, &values)].concat())
    }

    fn entry(attributes: &[Vec<u8>]) -> Vec<u8> {
        tagged(SEARCH_ENTRY, &[tagged(OCTETS, b"uid=joe"), tagged(SEQUENCE, &attributes.concat())].concat())
    }

    #[test]
    fn an_answer_is_read_by_its_operation() {
        let bound = message(&[7], &[&tagged(BIND_RESPONSE, RESULT)]);
        assert!(matches!(read(&bound, 7), Ok(LdapAnswer::Bound(result)) if result.rc == 49 && result.text == "no"));
        let done = message(&[7], &[&tagged(SEARCH_DONE, RESULT), &tagged(CONTROLS, b"")]);
        assert!(matches!(read(&done, 7), Ok(LdapAnswer::Done(result)) if result.rc == 49));
        let found = message(&[7], &[&entry(&[attribute("uid", &[b"joe", b"\xff"]), attribute("cn", &[])])]);
        let Ok(LdapAnswer::Found(found)) = read(&found, 7) else { panic!("{found:?}") };
        assert_eq!(found.attribute("UID").unwrap().values, [&b"joe"[..], b"\xff"]);
        assert_eq!((found.attribute("mail"), found.size()), (None, 7 + 3 + 4 + 2 + 5 * ENTRY_BYTES));
        assert!(matches!(read(&message(&[7], &[&tagged(SEARCH_REFERENCE, b"")]), 7), Ok(LdapAnswer::Elsewhere)));
    }

    #[test]
    fn of_a_servers_text_one_short_line_is_kept() {
        let long = [b"\x0a\x01\x31\x04\x00\x04\x84\x00\x00\x10\x00no\nway".as_slice(), &[0xff; 4096 - 6]].concat();
        let text = result(&long).unwrap().text;
        assert!(text.starts_with("no way") && text.len() <= MAX_TEXT_BYTES, "{text}");
    }

    #[test]
    fn what_answers_something_else_is_no_answer() {
        let bound = |id: &[u8]| message(id, &[&tagged(BIND_RESPONSE, RESULT)]);
        assert_eq!(read(&bound(&[8]), 7).unwrap_err(), NoAnswer::OtherQuestion);
        assert_eq!(read(&bound(&[0]), 7).unwrap_err(), NoAnswer::Unsolicited);
        for operation in [0x60, 0x63, 0x69, 0x79, 0x04] {
            let other = message(&[7], &[&tagged(operation, RESULT)]);
            assert_eq!(read(&other, 7).unwrap_err(), NoAnswer::OtherOperation, "{operation:x}");
        }
    }

    #[test]
    fn what_the_protocol_does_not_have_there_is_not_read() {
        for wrong in [
            message(&[0xff], &[&tagged(BIND_RESPONSE, RESULT)]),
            message(&[7], &[]),
            message(&[7], &[&tagged(BIND_RESPONSE, b"")]),
            message(&[7], &[&tagged(BIND_RESPONSE, b"\x0a\x00\x04\x00\x04\x00")]),
            message(&[7], &[&tagged(BIND_RESPONSE, b"\x02\x01\x00\x04\x00\x04\x00")]),
            message(&[7], &[&tagged(BIND_RESPONSE, RESULT), &tagged(OCTETS, b"")]),
            message(&[7], &[&tagged(BIND_RESPONSE, RESULT), &tagged(CONTROLS, b""), &tagged(CONTROLS, b"")]),
            message(&[7], &[&entry(&[attribute("uid", &[b"joe"]), attribute("UID", &[b"root"])])]),
            message(&[7], &[&entry(&[tagged(SET, b"")])]),
            message(&[7], &[&tagged(SEARCH_ENTRY, &[tagged(OCTETS, b"\xff"), tagged(SEQUENCE, b"")].concat())]),
            [message(&[7], &[&tagged(BIND_RESPONSE, RESULT)]), vec![0]].concat(),
        ] {
            assert_eq!(read(&wrong, 7).unwrap_err(), NoAnswer::Unreadable(Unreadable::Malformed), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(
            operation in prop_oneof![Just(BIND_RESPONSE), Just(SEARCH_ENTRY), Just(SEARCH_DONE), any::<u8>()],
            content in vec(prop_oneof![any::<u8>(), Just(0x30), Just(0x04), Just(0x0a), 0_u8..9], 0..60),
        ) {
            let _ = read(&content, 7);
            let _ = read(&message(&[7], &[&tagged(operation, &content)]), 7);
        }
    }
}
