//! Base32 as authenticator apps and people write it (RFC 4648, section 6).
//!
//! Not for: encoding.

/// The octets of a text. Case, spaces, dashes and padding do not matter, nor do left-over bits; any other character makes the
/// text no Base32.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len() * 5 / 8);
    let (mut buffer, mut held_bits) = (0_u32, 0);
    for byte in text.trim_end_matches('=').bytes().filter(|byte| !matches!(byte, b' ' | b'-')) {
        let value = match byte.to_ascii_uppercase() {
            letter @ b'A'..=b'Z' => letter - b'A',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        buffer = (buffer << 5) | u32::from(value);
        held_bits += 5;
        if held_bits >= 8 {
            held_bits -= 8;
            octets.push((buffer >> held_bits) as u8);
        }
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn the_vectors_of_rfc_4648_decode() {
        let vectors = [("", ""), ("MY======", "f"), ("MZXQ====", "fo"), ("MZXW6===", "foo"), ("MZXW6YQ=", "foob")];
        for (text, plain) in [vectors.as_slice(), &[("MZXW6YTB", "fooba"), ("MZXW6YTBOI======", "foobar")]].concat() {
            assert_eq!(decode(text).as_deref(), Some(plain.as_bytes()), "{text}");
        }
    }

    #[test]
    fn people_group_and_spell_as_they_like() {
        assert_eq!(decode("mzxw 6ytb-oi").as_deref(), Some(&b"foobar"[..]));
    }

    #[test]
    fn other_characters_are_refused() {
        for text in ["MZXW1", "MZXW0", "MZXW8", "MZ=XW", "MZXÄ"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
