//! What a server is asked (RFC 4511, sections 4.2, 4.5 and 4.14), as bytes.
//!
//! Not for: what it answers. What is sent is the library's affair; what comes is read by [`super::answer`] alone.

use bytes::BytesMut;
use ldap3::asn1::{ASNTag as _, Boolean, Enumerated, Integer, OctetString, Sequence, Tag, TagClass, write};
use vestibule_domain::Secret;
use vestibule_domain::directory::Scope;

/// StartTLS (RFC 4511, section 4.14.1).
const STARTTLS: &str = "1.3.6.1.4.1.1466.20037";
/// LDAP's version.
const VERSION: i64 = 3;

/// The number of a protocol operation.
const BIND: u64 = 0;
const SEARCH: u64 = 3;
const EXTENDED: u64 = 23;

/// What is searched for, and where.
pub(super) struct Search<'a> {
    pub(super) base: &'a str,
    pub(super) scope: Scope,
    pub(super) filter: &'a str,
    pub(super) attributes: &'a [String],
    /// The most entries that are wanted.
    pub(super) max: u32,
    /// The most that they may take, in bytes of names and values and what each of them takes besides.
    pub(super) max_bytes: usize,
    /// The most elements that their messages may have.
    pub(super) max_elements: usize,
}

/// Asks to turn to TLS.
pub(super) fn starttls(number: u32) -> Result<BytesMut, String> {
    message(number, EXTENDED, vec![octets_as(0, STARTTLS.as_bytes())])
}

/// Asks whether this is the password of whoever has this name.
pub(super) fn bind(number: u32, dn: &str, password: &Secret) -> Result<BytesMut, String> {
    let simple = octets_as(0, password.expose().as_bytes());
    message(number, BIND, vec![integer(VERSION), octets(dn), simple])
}

/// Asks for entries. Aliases are not followed.
pub(super) fn search(number: u32, search: &Search<'_>) -> Result<BytesMut, String> {
    let filter = ldap3::parse_filter(search.filter).map_err(|()| "the filter cannot be sent".to_owned())?;
    let scope = match search.scope {
        Scope::Base => 0,
        Scope::OneLevel => 1,
        Scope::Subtree => 2,
    };
    // None at all would mean all of them (RFC 4511, section 4.5.1.8).
    let attributes = match search.attributes {
        [] => vec![octets("1.1")],
        names => names.iter().map(|name| octets(name)).collect(),
    };
    let parts = vec![
        octets(search.base),
        enumerated(scope),
        enumerated(0),
        integer(i64::from(search.max)),
        integer(0),
        Tag::Boolean(Boolean { inner: false, ..Default::default() }),
        filter,
        Tag::Sequence(Sequence { inner: attributes, ..Default::default() }),
    ];
    message(number, SEARCH, parts)
}

fn message(number: u32, operation: u64, parts: Vec<Tag>) -> Result<BytesMut, String> {
    let operation = Tag::Sequence(Sequence { id: operation, class: TagClass::Application, inner: parts });
    let message = vec![integer(i64::from(number)), operation];
    let message = Tag::Sequence(Sequence { inner: message, ..Default::default() });
    let mut bytes = BytesMut::new();
    write::encode_into(&mut bytes, message.into_structure())
        .map_err(|_| "the question cannot be written".to_owned())?;
    Ok(bytes)
}

fn integer(inner: i64) -> Tag {
    Tag::Integer(Integer { inner, ..Default::default() })
}

fn enumerated(inner: i64) -> Tag {
    Tag::Enumerated(Enumerated { inner, ..Default::default() })
}

fn octets(text: &str) -> Tag {
    Tag::OctetString(OctetString { inner: text.into(), ..Default::default() })
}

/// With a number of the operation's own in place of the type.
fn octets_as(id: u64, octets: &[u8]) -> Tag {
    Tag::OctetString(OctetString { id, class: TagClass::Context, inner: octets.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_written_as_the_protocol_has_them() {
        let bind = bind(1, "cn=a", &Secret::new("pw")).unwrap();
        assert_eq!(&bind[..], b"\x30\x12\x02\x01\x01\x60\x0d\x02\x01\x03\x04\x04cn=a\x80\x02pw");
        let starttls = starttls(1).unwrap();
        assert_eq!(&starttls[..9], b"\x30\x1d\x02\x01\x01\x77\x18\x80\x16");
        assert_eq!(&starttls[9..], STARTTLS.as_bytes());
        let wanted = Search {
            base: "dc=x",
            scope: Scope::Subtree,
            filter: "(a=b)",
            attributes: &[],
            max: 2,
            max_bytes: 9,
            max_elements: 9,
        };
        let expected =
            b"\x30\x29\x02\x01\x02\x63\x24\x04\x04dc=x\x0a\x01\x02\x0a\x01\x00\x02\x01\x02\x02\x01\x00\x01\x01\x00\
            \xa3\x06\x04\x01a\x04\x01b\x30\x05\x04\x031.1";
        assert_eq!(&search(2, &wanted).unwrap()[..], expected);
        assert!(search(2, &Search { filter: "(a=b", ..wanted }).is_err());
    }
}
