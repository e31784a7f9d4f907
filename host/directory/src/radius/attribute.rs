//! Attributes of a reply as policies see them: with vendor, name and a value that can be read.
//!
//! Not for: what they mean for a login.

use std::net::{Ipv4Addr, Ipv6Addr};

use vestibule_domain::bounded::{Octets, Text};
use vestibule_domain::login::RadiusAttribute;

use super::dictionary::{Dictionary, Kind};
use super::packet::{Packet, VENDOR_SPECIFIC};

/// All attributes in the order received.
pub(super) fn all(reply: &Packet, dictionary: &Dictionary) -> Vec<RadiusAttribute> {
    let mut all = Vec::new();
    for (code, value) in &reply.attributes {
        match (*code, parts(value)) {
            (VENDOR_SPECIFIC, Some((vendor, parts))) => {
                all.extend(parts.into_iter().map(|(code, value)| named(code, Some(vendor), value, dictionary)));
            }
            (code, _) => all.push(named(code, None, value, dictionary)),
        }
    }
    all
}

fn named(code: u8, vendor: Option<u32>, value: &[u8], dictionary: &Dictionary) -> RadiusAttribute {
    let known = dictionary.attribute(vendor, code.into());
    RadiusAttribute {
        code: code.into(),
        vendor,
        // A packet has fewer octets, and a dictionary longer names only where somebody means it.
        name: known.map(|known| Text::cut(&known.name)),
        value: Text::cut(&shown(value, known.map_or(Kind::Octets, |known| known.kind), |number| {
            known.and_then(|known| known.values.get(&number).cloned())
        })),
        octets: Octets::new(value.to_vec()).unwrap_or_default(),
    }
}

/// Codes and values.
type Parts<'a> = Vec<(u8, &'a [u8])>;

/// A vendor's number and attributes, where they have the form that RFC 2865 recommends (section 5.26).
fn parts(value: &[u8]) -> Option<(u32, Parts<'_>)> {
    let (vendor, mut rest) = value.split_first_chunk::<4>()?;
    let mut parts = Vec::new();
    while let [code, length, after @ ..] = rest {
        let (value, later) = after.split_at_checked(usize::from(*length).checked_sub(2)?)?;
        parts.push((*code, value));
        rest = later;
    }
    (rest.is_empty() && !parts.is_empty()).then_some((u32::from_be_bytes(*vendor), parts))
}

/// A value as the dictionary's type prints it, in hexadecimal where it does not fit the type.
fn shown(value: &[u8], kind: Kind, named: impl Fn(u32) -> Option<String>) -> String {
    let number = || <[u8; 4]>::try_from(value).ok().map(u32::from_be_bytes);
    let shown = match kind {
        Kind::Text => std::str::from_utf8(value).ok().map(str::to_owned),
        Kind::Number => number().map(|number| named(number).unwrap_or_else(|| number.to_string())),
        Kind::Ipv4 => number().map(|number| Ipv4Addr::from(number).to_string()),
        Kind::Ipv6 => <[u8; 16]>::try_from(value).ok().map(|octets| Ipv6Addr::from(octets).to_string()),
        Kind::Octets => None,
    };
    shown.unwrap_or_else(|| format!("0x{}", hex::encode(value)))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_is_printed_by_its_type() {
        let nameless = |_| None;
        assert_eq!(shown(b"hello", Kind::Text, nameless), "hello");
        assert_eq!(shown(&[0, 0, 1, 2], Kind::Number, nameless), "258");
        assert_eq!(shown(&[0, 0, 0, 2], Kind::Number, |_| Some("Framed-User".to_owned())), "Framed-User");
        assert_eq!(shown(&[10, 1, 2, 3], Kind::Ipv4, nameless), "10.1.2.3");
        assert_eq!(shown(&[0xff, 1], Kind::Text, nameless), "0xff01");
        assert_eq!(shown(&[1], Kind::Ipv4, nameless), "0x01");
    }

    #[test]
    fn a_vendors_attributes_are_taken_apart_or_left_whole() {
        assert_eq!(parts(&[0, 0, 0, 9, 1, 3, b'a', 2, 2]), Some((9, vec![(1, &b"a"[..]), (2, &[][..])])));
        assert_eq!(parts(&[0, 0, 0, 9, 1, 9, b'a']), None);
        assert_eq!(parts(&[0, 0, 0, 9, 1, 1]), None);
        assert_eq!(parts(&[0, 0, 0, 9]), None);
    }

    proptest! {
        #[test]
        fn no_reply_breaks_it(attributes in vec((any::<u8>(), vec(any::<u8>(), 0..40)), 0..6)) {
            let reply = Packet { code: 2, identifier: 0, authenticator: [0; 16], attributes };
            let all = all(&reply, &Dictionary::standard());
            prop_assert!(all.len() >= reply.attributes.len());
        }
    }
}
