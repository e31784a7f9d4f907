//! Names, types and values of attributes, read from a dictionary in FreeRADIUS's form.
//!
//! Not for: attributes in forms beyond RFC 2865 (extended, nested); lines on such are skipped.

use std::collections::{BTreeMap, HashMap};

/// How a value prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Ipv4,
    Ipv6,
    Octets,
}

/// What is known of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AttributeDefinition {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// What some of its numbers are called.
    pub(crate) values: BTreeMap<u32, String>,
}

/// Attributes by vendor and code; standard ones have no vendor.
#[derive(Debug, Default)]
pub struct Dictionary {
    attributes: HashMap<(Option<u32>, u32), AttributeDefinition>,
    vendors: HashMap<String, u32>,
}

/// Which line of a dictionary cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("has an error in line {line}: {problem}")]
pub struct DictionaryError {
    line: usize,
    problem: &'static str,
}

impl Dictionary {
    /// The attributes that replies usually carry (RFC 2865, 2868, 2869, 3162), and those of a few vendors.
    pub(crate) fn standard() -> Self {
        let mut dictionary = Self::default();
        if let Err(error) = dictionary.read(include_str!("standard.dictionary")) {
            tracing::error!(%error, "the built-in dictionary cannot be read");
        }
        dictionary
    }

    /// Adds what a text says; it counts before what was known.
    ///
    /// # Errors
    /// Names the line that cannot be read.
    pub fn read(&mut self, text: &str) -> Result<(), DictionaryError> {
        let mut vendor = None;
        for (index, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            let words: Vec<_> = line.split_whitespace().collect();
            self.line(&words, &mut vendor).map_err(|problem| DictionaryError { line: index + 1, problem })?;
        }
        Ok(())
    }

    pub(crate) fn attribute(&self, vendor: Option<u32>, code: u32) -> Option<&AttributeDefinition> {
        self.attributes.get(&(vendor, code))
    }

    fn line(&mut self, words: &[&str], vendor: &mut Option<u32>) -> Result<(), &'static str> {
        match words {
            ["VENDOR", name, id, ..] => {
                let id = number(id).ok_or("a vendor's number is none")?;
                self.vendors.insert((*name).to_owned(), id);
            }
            ["BEGIN-VENDOR", name, ..] => {
                *vendor = Some(*self.vendors.get(*name).ok_or("the vendor is not known")?);
            }
            ["END-VENDOR", ..] => *vendor = None,
            // A code with dots is nested: nothing of RFC 2865's form.
            ["ATTRIBUTE", _, code, _, ..] if code.contains('.') => {}
            ["ATTRIBUTE", name, code, kind, ..] => {
                let code = number(code).ok_or("an attribute's code is none")?;
                let known =
                    AttributeDefinition { name: (*name).to_owned(), kind: kind_of(kind), values: BTreeMap::new() };
                self.attributes.insert((*vendor, code), known);
            }
            ["VALUE", attribute, name, value, ..] => {
                let value = number(value).ok_or("a value is no number")?;
                let of_vendor = |(key, known): &(&(Option<u32>, u32), &mut AttributeDefinition)| {
                    key.0 == *vendor && known.name == *attribute
                };
                if let Some((_, known)) = self.attributes.iter_mut().find(of_vendor) {
                    known.values.insert(value, (*name).to_owned());
                }
            }
            ["VENDOR" | "BEGIN-VENDOR" | "ATTRIBUTE" | "VALUE", ..] => return Err("words are missing"),
            // `$INCLUDE` and forms beyond this.
            _ => {}
        }
        Ok(())
    }
}

fn kind_of(word: &str) -> Kind {
    // A size may follow, such as `octets[16]`.
    match word.split(['[', ',']).next().unwrap_or_default() {
        "string" | "text" => Kind::Text,
        "integer" | "uint32" | "date" | "time_delta" => Kind::Number,
        "ipaddr" | "ipv4addr" => Kind::Ipv4,
        "ipv6addr" => Kind::Ipv6,
        _ => Kind::Octets,
    }
}

fn number(word: &str) -> Option<u32> {
    match word.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => word.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_standard_dictionary_is_read() {
        let mut empty = Dictionary::default();
        assert_eq!(empty.read(include_str!("standard.dictionary")), Ok(()));
        let standard = Dictionary::standard();
        assert_eq!(standard.attribute(None, 8).unwrap().name, "Framed-IP-Address");
        assert_eq!(standard.attribute(None, 6).unwrap().values.get(&2).unwrap(), "Framed-User");
        assert_eq!(standard.attribute(Some(9), 1).unwrap().name, "Cisco-AVPair");
    }

    #[test]
    fn an_error_names_its_line() {
        for (text, line) in [
            ("ATTRIBUTE A x string", 1),
            ("\n# fine\nBEGIN-VENDOR Nobody", 3),
            ("ATTRIBUTE A 1 integer\nVALUE A b c", 2),
            ("VENDOR X", 1),
        ] {
            assert_eq!(Dictionary::default().read(text).unwrap_err().line, line, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "((ATTRIBUTE|VALUE|VENDOR|BEGIN-VENDOR|END-VENDOR|#|\\$INCLUDE)? ?[A-Z0-9x. ]{0,12}\n?){0,12}") {
            let _ = Dictionary::default().read(&text);
        }
    }
}
