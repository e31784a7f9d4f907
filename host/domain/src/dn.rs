//! Distinguished names (RFC 4514), read as far as needed to say whether one lies below another.
//!
//! Not for: schemas. Values are compared without case, as names of people and units are; where a directory would tell them apart, it
//! does so itself when it is asked.

use crate::text::log_text;

/// The longest name that is read, in bytes: far beyond any directory's.
const MAX_BYTES: usize = 8 << 10;

/// A name from the leaf to the root; each part is a set of attributes with values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dn(Vec<Vec<(String, String)>>);

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no distinguished name")]
pub struct NotADn(String);

impl Dn {
    /// Reads a name.
    ///
    /// # Errors
    /// It is none, or longer than 8 KiB; values in hexadecimal (`#04...`) are refused, since what they stand for depends on the schema.
    pub fn parse(text: &str) -> Result<Self, NotADn> {
        let none = || NotADn(log_text(text, 128));
        if text.len() > MAX_BYTES {
            return Err(none());
        }
        let (mut parts, mut part) = (Vec::new(), Vec::new());
        let mut rest = text;
        loop {
            let (pair, end, after) = pair(rest).ok_or_else(none)?;
            part.push(pair);
            rest = after;
            if end == Some('+') {
                continue;
            }
            // A part is a set.
            part.sort_unstable();
            parts.push(std::mem::take(&mut part));
            if end.is_none() {
                return Ok(Self(parts));
            }
        }
    }

    /// The value of an attribute in the leaf's own part, in lower case.
    pub fn leaf_value(&self, attribute: &str) -> Option<&str> {
        let attribute = short(&attribute.to_lowercase());
        let mut part = self.0.first()?.iter();
        part.find(|(kind, _)| *kind == attribute).map(|(_, value)| value.as_str())
    }

    /// Whether this is the other one, or lies somewhere below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.ends_with(&other.0)
    }

    /// Whether this lies right below the other one.
    pub fn is_child_of(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() + 1 && self.is_within(other)
    }
}

/// A value so that it stands for itself in a name (RFC 4514, section 2.4).
pub fn escape(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    value.chars().enumerate().fold(String::new(), |mut escaped, (at, c)| {
        match c {
            '"' | '+' | ',' | ';' | '<' | '=' | '>' | '\\' => escaped.extend(['\\', c]),
            ' ' if at == 0 || at == last => escaped.push_str("\\ "),
            '#' if at == 0 => escaped.push_str("\\#"),
            '\0' => escaped.push_str("\\00"),
            c => escaped.push(c),
        }
        escaped
    })
}

/// One attribute with its value, what ends it, and what comes after.
fn pair(text: &str) -> Option<((String, String), Option<char>, &str)> {
    let (kind, rest) = text.split_once('=')?;
    let kind = kind.trim_matches(' ');
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    if kind.is_empty() || !kind.chars().all(known) {
        return None;
    }
    let rest = rest.trim_start_matches(' ');
    if rest.starts_with('#') {
        return None;
    }
    let mut bytes = Vec::new();
    // Where the value ends if only spaces follow: those are no part of it unless they are escaped.
    let mut kept = 0;
    let mut characters = rest.char_indices();
    let (end, after) = loop {
        match characters.next() {
            None => break (None, ""),
            Some((_, end @ (',' | '+'))) => break (Some(end), characters.as_str()),
            Some((_, '\\')) => {
                escaped(&mut characters, &mut bytes)?;
                kept = bytes.len();
            }
            // Older writers end a part with a semicolon, or quote it; both mean something else to newer readers.
            Some((_, '"' | ';' | '<' | '>' | '\0')) => return None,
            Some((_, c)) => {
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                kept = if c == ' ' { kept } else { bytes.len() };
            }
        }
    };
    bytes.truncate(kept);
    let value = String::from_utf8(bytes).ok().filter(|value| !value.is_empty())?;
    Some(((short(&kind.to_lowercase()), value.to_lowercase()), end, after))
}

/// The name of an attribute's type by which RFC 4514 has it, whether it was written by another one or by its number: a base that is
/// spelled in one way is the same as that of an entry that is spelled in another.
fn short(kind: &str) -> String {
    let short = match kind {
        "commonname" | "2.5.4.3" => "cn",
        "localityname" | "2.5.4.7" => "l",
        "stateorprovincename" | "2.5.4.8" => "st",
        "organizationname" | "2.5.4.10" => "o",
        "organizationalunitname" | "2.5.4.11" => "ou",
        "countryname" | "2.5.4.6" => "c",
        "streetaddress" | "2.5.4.9" => "street",
        "domaincomponent" | "0.9.2342.19200300.100.1.25" => "dc",
        "userid" | "0.9.2342.19200300.100.1.1" => "uid",
        other => other,
    };
    short.to_owned()
}

/// What follows a backslash: a special character, or a byte in hexadecimal.
fn escaped(characters: &mut std::str::CharIndices<'_>, bytes: &mut Vec<u8>) -> Option<()> {
    let (_, first) = characters.next()?;
    if matches!(first, ' ' | '"' | '#' | '+' | ',' | ';' | '<' | '=' | '>' | '\\') {
        bytes.push(u8::try_from(first).ok()?);
        return Some(());
    }
    let (_, second) = characters.next()?;
    let byte = first.to_digit(16)? * 16 + second.to_digit(16)?;
    bytes.push(u8::try_from(byte).ok()?);
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn within(name: &str, base: &str) -> bool {
        Dn::parse(name).unwrap().is_within(&Dn::parse(base).unwrap())
    }

    #[test]
    fn a_name_lies_below_its_base_however_it_is_spelled() {
        let base = "dc=example,dc=com";
        for name in [
            "dc=example,dc=com",
            "ou=people,dc=example,dc=com",
            "OU=People , DC=Example,DC=COM",
            "cn=a+uid=b,dc=example,dc=com",
        ] {
            assert!(within(name, base), "{name}");
        }
        assert!(within("ou=a\\2cb,dc=example,dc=com", "ou=A\\,B,dc=example,dc=com"));
        assert!(within("uid=b+cn=a,dc=x", "cn=a+uid=b,dc=x"));
        assert!(within("UserId=joe,OrganizationalUnitName=a,0.9.2342.19200300.100.1.25=x", "ou=a,dc=x"));
    }

    #[test]
    fn a_child_lies_right_below() {
        let is_child = |name: &str| Dn::parse(name).unwrap().is_child_of(&Dn::parse("ou=people,dc=x").unwrap());
        assert!(is_child("uid=joe,OU=People,dc=x"));
        for name in ["ou=people,dc=x", "dc=x", "cn=a,uid=joe,ou=people,dc=x", "uid=joe\\,ou=people,dc=x"] {
            assert!(!is_child(name), "{name}");
        }
    }

    #[test]
    fn what_only_looks_like_the_base_is_none() {
        let base = "ou=people,dc=example,dc=com";
        for name in [
            "dc=com",
            "dc=example,dc=com",
            "ou=otherpeople,dc=example,dc=com",
            "ou=people\\,dc=example\\,dc=com",
            "cn=x\\,ou=people,dc=example,dc=com",
            "ou=people,dc=example,dc=com,dc=evil",
            "ou=people\\20,dc=example,dc=com",
        ] {
            assert!(!within(name, base), "{name}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "people",
            "=x",
            "ou=",
            "ou=a,",
            ",ou=a",
            "ou=a;dc=b",
            "ou=\"a\",dc=b",
            "ou=#0401",
            "ou=a\\",
            "ou=a\\g0",
            "ou=\\ff",
        ] {
            assert!(Dn::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_that_is_too_long_is_refused_and_the_longest_is_read_at_once() {
        let pairs = |bytes: usize| format!("a={}", "x+a=".repeat(bytes / 4));
        let longest = format!("{}x", pairs(MAX_BYTES - 4));
        let began = std::time::Instant::now();
        assert_eq!(Dn::parse(&longest).unwrap().0.len(), 1);
        // Two thousand pairs: sorted after each of them, it would take a hundred times as long as once.
        assert!(began.elapsed() < std::time::Duration::from_millis(250), "{:?}", began.elapsed());
        let refused = Dn::parse(&format!("ou={},dc=x", "a".repeat(MAX_BYTES))).unwrap_err().to_string();
        assert!(refused.len() < 200, "{refused}");
    }

    #[test]
    fn the_leaf_has_values_of_its_own() {
        let name = Dn::parse("cn=Joe User+UID=Joe\\2cUser,ou=people,dc=example").unwrap();
        assert_eq!((name.leaf_value("uid"), name.leaf_value("CN")), (Some("joe,user"), Some("joe user")));
        assert_eq!(name.leaf_value("ou"), None);
    }

    proptest! {
        #[test]
        fn an_escaped_value_is_itself(value in "[^\\p{Cc}]{1,20}") {
            let name = Dn::parse(&format!("uid={},dc=example", escape(&value))).unwrap();
            prop_assert_eq!(&name.0[0][0].1, &value.to_lowercase());
            prop_assert_eq!(name.0.len(), 2);
        }

        #[test]
        fn no_text_breaks_the_reader(text in ".{0,60}|[a=,+\\\\ 2#\"]{0,20}") {
            let _ = Dn::parse(&text);
        }
    }
}
