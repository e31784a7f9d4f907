//! Distinguished names as directories and administrators spell them (RFC 4514).
//!
//! Not for: building one, nor for the matching rules of an attribute's syntax: letters are compared without their case, which
//! is what the attributes in names of groups do.

/// The parts of a name from the entry upwards, each an attribute type and a value, unescaped and in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dn(Vec<(String, String)>);

impl Dn {
    /// Reads a name. A part without `=` or with a broken escape makes the text no name.
    pub fn parse(text: &str) -> Option<Self> {
        split(text).into_iter().map(part).collect::<Option<Vec<_>>>().filter(|parts| !parts.is_empty()).map(Self)
    }

    /// The value of the entry's own part where that is a common name.
    pub fn common_name(&self) -> Option<&str> {
        self.0.first().filter(|(kind, _)| kind == "cn").map(|(_, value)| value.as_str())
    }
}

/// The text between commas that no backslash stands before.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b',' if !escaped => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
    }
    parts.push(&text[start..]);
    parts
}

fn part(text: &str) -> Option<(String, String)> {
    let (kind, value) = text.split_once('=')?;
    let kind = kind.trim();
    (!kind.is_empty()).then_some((kind.to_ascii_lowercase(), unescaped(trimmed(value))?.to_lowercase()))
}

/// Without the spaces around it, but with one that is escaped at its end.
fn trimmed(value: &str) -> &str {
    let value = value.trim_start_matches(' ');
    let short = value.trim_end_matches(' ');
    let backslashes = short.bytes().rev().take_while(|byte| *byte == b'\\').count();
    if backslashes % 2 == 1 { value.get(..=short.len()).unwrap_or(short) } else { short }
}

fn unescaped(value: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while !rest.is_empty() {
        rest = match rest {
            [b'\\'] => return None,
            [b'\\', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                octets.push(digit(*high)? << 4 | digit(*low)?);
                after
            }
            [b'\\', literal, after @ ..] | [literal, after @ ..] => {
                octets.push(*literal);
                after
            }
            [] => break,
        };
    }
    String::from_utf8(octets).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::Dn;

    fn same(one: &str, other: &str) -> bool {
        Dn::parse(one).expect("a name") == Dn::parse(other).expect("a name")
    }

    #[test]
    fn case_and_spaces_between_parts_do_not_matter() {
        assert!(same("CN=VPN Users, OU=Groups,DC=example , DC=com", "cn=vpn users,ou=groups,dc=Example,dc=COM"));
        assert!(!same("CN=VPN Users,OU=Groups,DC=example", "CN=VPNUsers,OU=Groups,DC=example"));
        assert!(!same("CN=Staff,OU=Groups,DC=example", "CN=Staff,DC=example"));
    }

    #[test]
    fn escapes_are_one_spelling_of_many() {
        assert!(same(r"CN=Smith\, Joe,DC=example", r"CN=Smith\2c Joe,DC=example"));
        assert!(same(r"CN=Bj\c3\b6rn,DC=example", "CN=Björn,DC=example"));
        assert!(same(r"CN=ends in a space\ ,DC=example", r"CN=ends in a space\20,DC=example"));
        assert!(!same(r"CN=a\,OU=b", "CN=a,OU=b"));
    }

    #[test]
    fn the_common_name_is_that_of_the_entry_itself() {
        let dn = Dn::parse(r"cn=Smith\, Joe,ou=People,dc=example").expect("a name");
        assert_eq!(dn.common_name(), Some("smith, joe"));
        assert_eq!(Dn::parse("OU=People,CN=x").expect("a name").common_name(), None);
    }

    #[test]
    fn a_text_that_is_no_name_is_none() {
        for text in ["", "VPN Users", "=x", "CN=a,", r"CN=a\", r"CN=\ff"] {
            assert_eq!(Dn::parse(text), None, "{text}");
        }
    }
}
