//! What may stand left of an operator in a filter: attribute descriptions and matching rules (RFC 4512, RFC 4515).
//!
//! Not for: knowing which of them a directory has.

/// What may stand before `:=`: `[attribute][:dn][:rule]`, an attribute or a rule at least.
pub(super) fn is_extensible(text: &str) -> bool {
    let mut parts = text.split(':');
    let attribute = parts.next().unwrap_or_default();
    let rules: Vec<&str> = parts.collect();
    let rule = match rules.as_slice() {
        [] => None,
        [dn] if dn.eq_ignore_ascii_case("dn") => None,
        [rule] => Some(rule),
        [dn, rule] if dn.eq_ignore_ascii_case("dn") => Some(rule),
        _ => return false,
    };
    let valid_attribute = if attribute.is_empty() { rule.is_some() } else { is_attribute_description(attribute) };
    valid_attribute && rule.is_none_or(|rule| is_oid(rule))
}

/// An attribute type with options (RFC 4512, section 2.5).
pub(super) fn is_attribute_description(text: &str) -> bool {
    let mut parts = text.split(';');
    parts.next().is_some_and(is_oid) && parts.all(|option| !option.is_empty() && option.bytes().all(is_key_character))
}

/// A short name or a numeric object identifier (RFC 4512, section 1.4).
fn is_oid(text: &str) -> bool {
    let is_number = |number: &str| {
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        digits && (number == "0" || !number.starts_with('0'))
    };
    let is_short_name = text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(is_key_character);
    is_short_name || (text.contains('.') && text.split('.').all(is_number))
}

fn is_key_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_description_is_a_name_or_an_identifier_with_options() {
        for text in ["cn", "userCertificate;binary", "x-1;lang-de;a", "2.5.4.3", "0.9.2342.19200300.100.1.1;x"] {
            assert!(is_attribute_description(text), "{text}");
        }
        for text in ["", "1", "1.", "1.02", ".1", "-a", "a_b", "a b", "ä", "cn;", "cn;;x", ";x", "a:b"] {
            assert!(!is_attribute_description(text), "{text}");
        }
    }

    #[test]
    fn an_extensible_match_names_an_attribute_or_a_rule() {
        for text in ["cn", "cn:dn", "cn:caseExactMatch", "cn:DN:2.5.13.5", ":2.5.13.5", ":dn:2.5.13.5"] {
            assert!(is_extensible(text), "{text}");
        }
        for text in ["", ":", ":dn", ":dn:", "cn:", "cn:a b", "cn:a:b", "cn:dn:a:b", ":x:2.5.13.5"] {
            assert!(!is_extensible(text), "{text}");
        }
    }
}
