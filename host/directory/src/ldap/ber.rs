//! BER as LDAP has it (RFC 4511, section 5.1), measured before it is read: definite lengths, tags of one byte, and no recursion, so that
//! no bytes take more of this program than their number.
//!
//! Not for: writing it, nor what the elements of a message mean.

/// How deep a message may be nested. An entry is the deepest that is read: message, entry, attributes, attribute, set, value.
pub const MAX_DEPTH: usize = 10;

/// A header: a tag, a length, and the most bytes that say the length.
const MAX_HEADER_BYTES: usize = 2 + MAX_LENGTH_BYTES;
/// Active Directory writes every length in four bytes; nobody needs more than that.
const MAX_LENGTH_BYTES: usize = 4;

/// Tag bits: the form is constructed; the number goes on in further bytes.
const CONSTRUCTED: u8 = 0x20;
const LONG_NUMBER: u8 = 0x1f;

/// Why bytes are not read as a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No BER of LDAP's kind, or something else than the protocol has there.
    #[error("an answer that is not what the protocol allows there")]
    Malformed,
    /// A message is longer than the bound.
    #[error("a message of {bytes} bytes, where {most} are the most that is read")]
    TooLong {
        /// What it says of itself.
        bytes: usize,
        /// The bound.
        most: usize,
    },
    /// A message is nested more deeply than [`MAX_DEPTH`].
    #[error("a message that is nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// A message has more elements than the bound.
    #[error("a message of more than {most} elements")]
    TooMany {
        /// The bound.
        most: usize,
    },
}

/// How long the message at the beginning of these bytes is, its header included; nothing while its header is not there whole.
///
/// # Errors
/// It is longer than `most`, or has no length that LDAP allows.
pub fn length(bytes: &[u8], most: usize) -> Result<Option<usize>, Unreadable> {
    match header(bytes)? {
        None if bytes.len() >= MAX_HEADER_BYTES => Err(Unreadable::Malformed),
        None => Ok(None),
        Some(Header { start, content, .. }) => match start.saturating_add(content) {
            bytes if bytes > most => Err(Unreadable::TooLong { bytes, most }),
            bytes => Ok(Some(bytes)),
        },
    }
}

/// Walks over all of a message and counts its elements, itself included.
///
/// # Errors
/// An element is cut short, reaches beyond the one that it is in, or has bytes after it; or the message is beyond a bound.
pub fn measure(message: &[u8], most: usize) -> Result<usize, Unreadable> {
    // Where the elements end that are open: the innermost last.
    let mut open = [0; MAX_DEPTH];
    let (mut depth, mut at, mut elements) = (0, 0, 0);
    loop {
        let end = match depth {
            0 => message.len(),
            _ => *open.get(depth - 1).ok_or(Unreadable::TooDeep)?,
        };
        if at == end && elements > 0 {
            match depth {
                0 => return Ok(elements),
                _ => depth -= 1,
            }
            continue;
        }
        // The message itself is one element, and nothing stands beside it.
        if depth == 0 && elements > 0 {
            return Err(Unreadable::Malformed);
        }
        let rest = message.get(at..end).ok_or(Unreadable::Malformed)?;
        let Header { tag, start, content } = header(rest)?.ok_or(Unreadable::Malformed)?;
        if content > rest.len() - start {
            return Err(Unreadable::Malformed);
        }
        elements += 1;
        if elements > most {
            return Err(Unreadable::TooMany { most });
        }
        at += start;
        if tag & CONSTRUCTED == 0 {
            at += content;
        } else {
            *open.get_mut(depth).ok_or(Unreadable::TooDeep)? = at + content;
            depth += 1;
        }
    }
}

struct Header {
    tag: u8,
    /// Where the content begins.
    start: usize,
    /// How long it is.
    content: usize,
}

/// What the bytes begin with; nothing while it is not there whole.
fn header(bytes: &[u8]) -> Result<Option<Header>, Unreadable> {
    let [tag, rest @ ..] = bytes else { return Ok(None) };
    if tag & LONG_NUMBER == LONG_NUMBER {
        return Err(Unreadable::Malformed);
    }
    let [first, rest @ ..] = rest else { return Ok(None) };
    if *first < 0x80 {
        return Ok(Some(Header { tag: *tag, start: 2, content: usize::from(*first) }));
    }
    let count = usize::from(first & 0x7f);
    if !(1..=MAX_LENGTH_BYTES).contains(&count) {
        return Err(Unreadable::Malformed);
    }
    let Some(length) = rest.get(..count) else { return Ok(None) };
    let content = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    Ok(Some(Header { tag: *tag, start: 2 + count, content }))
}

/// Elements that stand one after the other, taken from the first on.
pub(super) struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    pub(super) const fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next one's tag and content; nothing after the last.
    pub(super) fn next(&mut self) -> Result<Option<(u8, &'a [u8])>, Unreadable> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let Header { tag, start, content } = header(self.0)?.ok_or(Unreadable::Malformed)?;
        let (_, rest) = self.0.split_at_checked(start).ok_or(Unreadable::Malformed)?;
        let (content, rest) = rest.split_at_checked(content).ok_or(Unreadable::Malformed)?;
        self.0 = rest;
        Ok(Some((tag, content)))
    }

    /// The content of the next one, which has to have this tag.
    pub(super) fn one(&mut self, tag: u8) -> Result<&'a [u8], Unreadable> {
        match self.next()? {
            Some((held, content)) if held == tag => Ok(content),
            _ => Err(Unreadable::Malformed),
        }
    }

    /// Nothing may follow.
    pub(super) const fn end(&self) -> Result<(), Unreadable> {
        if self.0.is_empty() { Ok(()) } else { Err(Unreadable::Malformed) }
    }
}

/// A number from 0 to 2^31 - 1, as all of LDAP's are.
pub(super) fn number(content: &[u8]) -> Result<u32, Unreadable> {
    match content {
        [first, ..] if content.len() <= 4 && *first < 0x80 => {
            Ok(content.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
        }
        _ => Err(Unreadable::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x84], &length[..], content].concat()
    }

    /// So many elements within each other.
    fn nested(depth: usize) -> Vec<u8> {
        (1..depth).fold(tagged(0x30, b""), |inner, _| tagged(0x30, &inner))
    }

    #[test]
    fn a_length_is_known_once_the_header_is_there() {
        for (bytes, expected) in [
            (&b""[..], Ok(None)),
            (b"\x30", Ok(None)),
            (b"\x30\x05", Ok(Some(7))),
            (b"\x30\x82\x01", Ok(None)),
            (b"\x30\x82\x01\x00", Ok(Some(260))),
            (b"\x30\x84\x00\x00\x00\x05", Ok(Some(11))),
            (b"\x30\x84\x7f\xff\xff\xff", Err(Unreadable::TooLong { bytes: 0x7fff_ffff + 6, most: 300 })),
            (b"\x30\x82\x01\x29", Err(Unreadable::TooLong { bytes: 301, most: 300 })),
            (b"\x30\x80", Err(Unreadable::Malformed)),
            (b"\x30\x85\x00", Err(Unreadable::Malformed)),
            (b"\x30\xff", Err(Unreadable::Malformed)),
            (b"\x3f\x81", Err(Unreadable::Malformed)),
        ] {
            assert_eq!(length(bytes, 300), expected, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_just_beyond_a_bound_is_told_by_it() {
        assert_eq!(measure(&nested(MAX_DEPTH), 100), Ok(MAX_DEPTH));
        assert_eq!(measure(&nested(MAX_DEPTH + 1), 100), Err(Unreadable::TooDeep));
        let values = |count| tagged(0x30, &[4, 0].repeat(count));
        assert_eq!(measure(&values(99), 100), Ok(100));
        assert_eq!(measure(&values(100), 100), Err(Unreadable::TooMany { most: 100 }));
        assert!(Unreadable::TooMany { most: 100 }.to_string().contains("100 elements"));
    }

    #[test]
    fn an_element_stays_within_the_one_around_it() {
        for bytes in [&b""[..], b"\x30", b"\x30\x01", b"\x30\x02\x04\x01", b"\x30\x03\x30\x02\x04", b"\x04\x00\x04\x00"]
        {
            assert_eq!(measure(bytes, 100), Err(Unreadable::Malformed), "{bytes:?}");
        }
        assert_eq!(measure(b"\x30\x04\x30\x00\x04\x00", 100), Ok(3));
    }

    #[test]
    fn numbers_are_not_negative_and_not_long() {
        assert_eq!(number(&[0x7f, 0xff, 0xff, 0xff]), Ok(0x7fff_ffff));
        assert_eq!((number(&[0]), number(&[0, 0x80])), (Ok(0), Ok(128)));
        for wrong in [&[][..], &[0x80], &[0, 0, 0, 0, 1]] {
            assert_eq!(number(wrong), Err(Unreadable::Malformed));
        }
    }

    /// Elements as anybody may write them, with how many there are and how deep they go.
    fn element() -> impl Strategy<Value = (Vec<u8>, usize, usize)> {
        let leaf = vec(any::<u8>(), 0..8).prop_map(|content| (tagged(0x04, &content), 1, 0));
        leaf.prop_recursive(6, 48, 4, |inner| {
            vec(inner, 0..4).prop_map(|all| {
                let content: Vec<u8> = all.iter().flat_map(|(bytes, ..)| bytes.clone()).collect();
                let count = all.iter().map(|(_, count, _)| count).sum::<usize>() + 1;
                let depth = all.iter().map(|(.., depth)| *depth).max().unwrap_or_default() + 1;
                (tagged(0x30, &content), count, depth)
            })
        })
    }

    proptest! {
        #[test]
        fn what_is_well_formed_is_counted((bytes, count, depth) in element()) {
            prop_assert!(depth <= MAX_DEPTH);
            prop_assert_eq!(measure(&bytes, 1000), Ok(count));
            prop_assert_eq!(length(&bytes, 1 << 20), Ok(Some(bytes.len())));
            prop_assert!(measure(&bytes[..bytes.len() - 1], 1000).is_err());
        }

        #[test]
        fn no_bytes_break_it(bytes in vec(prop_oneof![any::<u8>(), Just(0x30), Just(0x04), 0_u8..6, Just(0x84)], 0..60)) {
            let _ = length(&bytes, 100);
            if let Ok(elements) = measure(&bytes, 100) {
                prop_assert!(elements <= bytes.len() / 2);
            }
            let mut elements = Elements::of(&bytes);
            while let Ok(Some((_, content))) = elements.next() {
                let _ = number(content);
            }
        }
    }
}
