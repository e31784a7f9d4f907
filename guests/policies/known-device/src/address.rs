//! Hardware addresses as clients and administrators spell them.
//!
//! Not for: other identities; an address that is no MAC is compared as it is, but for the case of its letters.

/// One spelling for every address that means the same device: a MAC in lower case with colons (`01-AB-..`, `01:ab:..`, `01ab.23..`
/// and `01ab23..` are the usual spellings), anything else in lower case.
pub fn normalised(address: &str) -> String {
    let address = address.trim().to_ascii_lowercase();
    match mac_digits(&address) {
        Some(digits) => {
            let mut mac = String::with_capacity(17);
            for (index, digit) in digits.chars().enumerate() {
                if index > 0 && index % 2 == 0 {
                    mac.push(':');
                }
                mac.push(digit);
            }
            mac
        }
        None => address,
    }
}

/// The twelve digits of a MAC address (IEEE 802, 48 bits), where the text is one.
fn mac_digits(address: &str) -> Option<String> {
    let digits: String = address.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
    let groups_are_even = address.split([':', '-', '.']).all(|group| matches!(group.len(), 2 | 4 | 12));
    (groups_are_even && digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::normalised;

    #[test]
    fn every_spelling_of_a_mac_address_is_the_same_address() {
        for spelling in ["00:1A:2b:3C:4d:5E", "00-1a-2b-3c-4d-5e", "001a.2b3c.4d5e", "001A2B3C4D5E", " 00:1a:2b:3c:4d:5e "] {
            assert_eq!(normalised(spelling), "00:1a:2b:3c:4d:5e", "{spelling}");
        }
    }

    #[test]
    fn a_uuid_keeps_its_dashes() {
        assert_eq!(normalised("6BA7B810-9DAD-11D1-80B4-00C04FD430C8"), "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    }

    #[test]
    fn what_only_resembles_a_mac_address_is_left_alone() {
        for text in ["0:01a2b3c4d5e", "00:1a:2b:3c:4d", "00:1a:2b:3c:4d:5g", "---", "a-b", ""] {
            assert_eq!(normalised(text), text);
        }
    }
}
