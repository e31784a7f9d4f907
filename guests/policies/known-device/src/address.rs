//! Hardware addresses as clients and administrators spell them.
//!
//! Not for: other identities; an address that is no MAC is compared as it is, but for the case of its letters.

/// One spelling for every address that means the same device: a MAC in lower case with colons (`01-AB-..`, `01:ab:..`, `01ab.23..`
/// and `01ab23..` are the usual spellings), anything else in lower case.
pub fn normalised(address: &str) -> String {
    let address = address.trim();
    match mac_digits(address) {
        Some(digits) => {
            let mut mac = String::with_capacity(17);
            for (index, digit) in digits.into_iter().enumerate() {
                if index > 0 && index % 2 == 0 {
                    mac.push(':');
                }
                mac.push(char::from(digit));
            }
            mac
        }
        None => address.to_ascii_lowercase(),
    }
}

/// The twelve digits of a MAC address (IEEE 802, 48 bits), where the text is one.
fn mac_digits(address: &str) -> Option<[u8; 12]> {
    let mut digits = [0; 12];
    let (mut count, mut separated_at) = (0, 0);
    for byte in address.bytes() {
        match byte {
            b':' | b'-' | b'.' if matches!(count - separated_at, 2 | 4) => separated_at = count,
            digit if digit.is_ascii_hexdigit() => {
                *digits.get_mut(count)? = digit.to_ascii_lowercase();
                count += 1;
            }
            _ => return None,
        }
    }
    let last_group = count - separated_at;
    (count == digits.len() && matches!(last_group, 2 | 4 | 12)).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::normalised;

    #[test]
    fn every_spelling_of_a_mac_address_is_the_same_address() {
        for spelling in
            ["00:1A:2b:3C:4d:5E", "00-1a-2b-3c-4d-5e", "001a.2b3c.4d5e", "001A2B3C4D5E", " 00:1a:2b:3c:4d:5e "]
        {
            assert_eq!(normalised(spelling), "00:1a:2b:3c:4d:5e", "{spelling}");
        }
    }

    #[test]
    fn a_uuid_keeps_its_dashes() {
        assert_eq!(normalised("6BA7B810-9DAD-11D1-80B4-00C04FD430C8"), "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    }

    #[test]
    fn what_only_resembles_a_mac_address_is_left_alone() {
        for text in [
            "0:01a2b3c4d5e",
            "00:1a:2b:3c:4d:5e:",
            "00:1a2b3c4d5e",
            "00:1a:2b:3c:4d",
            "00:1a:2b:3c:4d:5g",
            "---",
            "a-b",
            "",
        ] {
            assert_eq!(normalised(text), text);
        }
    }
}
