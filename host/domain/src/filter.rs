//! LDAP search filters from templates and arguments: what a user typed never becomes part of a filter's structure.
//!
//! Not for: searching, nor for distinguished names, which RFC 4514 escapes in another way. A template is a filter of RFC 4515
//! with placeholders, such as `(&(objectClass=person)(uid={user}))`; a literal brace is written `\7b` or `\7d`.

mod attribute;
mod error;
mod grammar;

use std::collections::BTreeMap;

use grammar::Piece;

pub use error::{Error, MAX_DEPTH, MAX_FILTER_BYTES, MAX_TEMPLATE_BYTES};

/// Puts the arguments into the template, each escaped so that it stays one assertion value or a part of one. An argument may
/// be any text; a name may be used more than once. The result contains no brace and is a template itself.
///
/// # Errors
/// A template that is no filter of RFC 4515, a placeholder outside an assertion value, arguments that do not match the
/// placeholders one to one, or a limit; see [`Error`].
pub fn expand<S: AsRef<str>>(template: &str, arguments: &[(S, S)]) -> Result<String, Error> {
    if template.len() > MAX_TEMPLATE_BYTES {
        return Err(Error::TemplateTooLong(template.len()));
    }
    let pieces = grammar::parse(template)?;
    let arguments = by_name(arguments)?;
    ensure_all_used(&pieces, &arguments)?;

    let mut filter = String::with_capacity(template.len());
    for piece in pieces {
        match piece {
            Piece::Literal(text) => filter.push_str(text),
            Piece::Argument { name, in_substring } => {
                let value = *arguments.get(name).ok_or_else(|| Error::UnknownPlaceholder(name.to_owned()))?;
                if in_substring && value.is_empty() {
                    return Err(Error::EmptyArgument(name.to_owned()));
                }
                push_escaped(&mut filter, value)?;
            }
        }
        ensure_short(&filter)?;
    }
    Ok(filter)
}

fn by_name<S: AsRef<str>>(arguments: &[(S, S)]) -> Result<BTreeMap<&str, &str>, Error> {
    let mut values = BTreeMap::new();
    for (name, value) in arguments {
        if values.insert(name.as_ref(), value.as_ref()).is_some() {
            return Err(Error::DuplicateArgument(printable(name.as_ref())));
        }
    }
    Ok(values)
}

fn ensure_all_used(pieces: &[Piece<'_>], arguments: &BTreeMap<&str, &str>) -> Result<(), Error> {
    let uses =
        |wanted: &str| pieces.iter().any(|piece| matches!(piece, Piece::Argument { name, .. } if *name == wanted));
    match arguments.keys().find(|name| !uses(name)) {
        Some(name) => Err(Error::UnusedArgument(printable(name))),
        None => Ok(()),
    }
}

/// Escapes what RFC 4515 says must be (NUL, parentheses, asterisk, backslash); besides, braces, so that an expanded filter is
/// never expanded again, and control characters, so that it stays one line in a log.
fn push_escaped(filter: &mut String, value: &str) -> Result<(), Error> {
    for c in value.chars() {
        if c.is_ascii_control() || matches!(c, '\\' | '*' | '(' | ')' | '{' | '}') {
            filter.push_str(&format!("\\{:02x}", u32::from(c)));
        } else {
            filter.push(c);
        }
        ensure_short(filter)?;
    }
    Ok(())
}

fn ensure_short(filter: &str) -> Result<(), Error> {
    if filter.len() > MAX_FILTER_BYTES { Err(Error::FilterTooLong) } else { Ok(()) }
}

/// The name of an argument for a message: the guest chose it, and it is no placeholder's name.
fn printable(name: &str) -> String {
    const CHARACTERS: usize = 64;
    name.chars().take(CHARACTERS).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_argument_is_put_in_where_its_name_stands() {
        assert_eq!(
            expand(
                "(&(objectClass=person)(|(uid={user})(mail={user}@{domain})))",
                &[("user", "ada"), ("domain", "example.org")]
            ),
            Ok("(&(objectClass=person)(|(uid=ada)(mail=ada@example.org)))".to_owned())
        );
    }

    #[test]
    fn an_argument_cannot_become_structure() {
        let injected = expand("(&(uid={user})(group=vpn))", &[("user", "*)(uid=*))(|(uid=*")]);
        assert_eq!(injected, Ok(r"(&(uid=\2a\29\28uid=\2a\29\29\28|\28uid=\2a)(group=vpn))".to_owned()));
        let escaped = expand("(cn={x})", &[("x", "\\ {y} \0\n é")]);
        assert_eq!(escaped, Ok(r"(cn=\5c \7by\7d \00\0a é)".to_owned()));
    }

    #[test]
    fn an_empty_argument_must_not_turn_a_substring_into_presence() {
        for template in ["(cn={x}*)", "(cn=*{x})", "(cn=a*{x}*b)"] {
            assert_eq!(expand(template, &[("x", "")]), Err(Error::EmptyArgument("x".to_owned())), "{template}");
        }
        assert_eq!(expand("(cn={x})", &[("x", "")]), Ok("(cn=)".to_owned()));
    }

    #[test]
    fn arguments_and_placeholders_match_one_to_one() {
        let name = |name: &str| name.to_owned();
        assert_eq!(expand::<&str>("(uid={user})", &[]), Err(Error::UnknownPlaceholder(name("user"))));
        assert_eq!(expand("(uid={user})", &[("user", "a"), ("x", "b")]), Err(Error::UnusedArgument(name("x"))));
        assert_eq!(
            expand("(uid={user})", &[("user", "a"), ("user", "a")]),
            Err(Error::DuplicateArgument(name("user")))
        );
        assert_eq!(expand("(uid=ada)", &[("a\nb", "")]), Err(Error::UnusedArgument(name("a\\nb"))));
    }

    #[test]
    fn lengths_are_limited() {
        let template = |bytes: usize| format!("(a={})", "x".repeat(bytes - 4));
        assert_eq!(expand::<&str>("", &[]), Err(Error::Empty));
        assert!(expand::<&str>(&template(MAX_TEMPLATE_BYTES), &[]).is_ok());
        assert_eq!(expand::<&str>(&template(MAX_TEMPLATE_BYTES + 1), &[]), Err(Error::TemplateTooLong(4097)));
        let value = "x".repeat(MAX_FILTER_BYTES - 4);
        assert_eq!(expand("(a={v})", &[("v", value.as_str())]).unwrap().len(), MAX_FILTER_BYTES);
        assert_eq!(expand("(a={v}x)", &[("v", value.as_str())]), Err(Error::FilterTooLong));
        assert_eq!(expand("(a={v})", &[("v", "*".repeat(6000).as_str())]), Err(Error::FilterTooLong));
    }

    #[test]
    fn a_message_says_what_is_wrong() {
        for (template, message) in [
            (
                "(uid={user)",
                "the brace at byte 5 is no placeholder like `{user}`; a literal brace is written `\\7b` or `\\7d`",
            ),
            ("({user}=x)", "the placeholder `user` at byte 1 does not stand in an assertion value"),
            ("(uid=x", "the parentheses of the filter template are not balanced at byte 6"),
            ("(uid)", "the filter template needs `=` after an attribute description at byte 4"),
        ] {
            assert_eq!(expand::<&str>(template, &[]).unwrap_err().to_string(), message);
        }
    }

    /// The octets behind a stretch of assertion value, written without a look at the code above.
    fn unescape(text: &str) -> Vec<u8> {
        let mut bytes = text.bytes();
        std::iter::from_fn(|| match bytes.next()? {
            b'\\' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()
            }
            byte => Some(byte),
        })
        .collect()
    }

    /// The octets a stretch of template stands for: its own, and the arguments as they were given.
    fn substitute(text: &str, arguments: &[(String, String)]) -> Vec<u8> {
        let mut octets = Vec::new();
        for part in text.split_inclusive(['{', '}']) {
            match part.strip_suffix('}').and_then(|name| arguments.iter().find(|(known, _)| known == name)) {
                Some((_, value)) => octets.extend(value.bytes()),
                None => octets.extend(unescape(part.trim_end_matches('{'))),
            }
        }
        octets
    }

    fn structure(filter: &str) -> Vec<&str> {
        filter.matches(['(', ')', '*']).collect()
    }

    fn any_template() -> impl Strategy<Value = String> {
        let value = "([a-z ü=]|\\\\2a|\\\\c3|\\{a\\}|\\{b\\}){0,4}";
        let item = prop_oneof![
            (r"[a-z]{1,4}(;x)?(=|>=|<=|~=|:=|:dn:=|:2\.5\.13:=)", value)
                .prop_map(|(left, value)| format!("({left}{value})")),
            "\\([a-z]{1,4}=([a-z]|\\{a\\})?\\*(([a-z]|\\{b\\})\\*)?([a-z]|\\{a\\})?\\)",
        ];
        item.prop_recursive(6, 24, 4, |filter| {
            let list = prop::collection::vec(filter.clone(), 1..4).prop_map(|filters| filters.concat());
            prop_oneof![
                ("[&|]", list).prop_map(|(operator, list)| format!("({operator}{list})")),
                filter.prop_map(|filter| format!("(!{filter})")),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_argument_changes_the_structure_and_each_is_read_back(
            template in any_template(), a in prop_oneof!["[()*\\\\&|!={}a\\x00]{1,9}", ".{1,9}"], b in "\\PC{1,9}",
        ) {
            let used = |(name, _): &(String, String)| template.contains(&format!("{{{name}}}"));
            let arguments: Vec<_> = [("a".to_owned(), a), ("b".to_owned(), b)].into_iter().filter(used).collect();
            let filter = expand(&template, &arguments).unwrap();

            prop_assert_eq!(structure(&filter), structure(&template));
            let stretches = template.split(['(', ')', '*']).zip(filter.split(['(', ')', '*']));
            for (before, after) in stretches {
                prop_assert_eq!(unescape(after), substitute(before, &arguments));
            }
            prop_assert_eq!(expand::<&str>(&filter, &[]), Ok(filter.clone()));
        }

        #[test]
        fn expanding_never_panics(template in "[()&|!=*{}a\\\\:;<>~ é0]{0,24}|.*", value in any::<String>()) {
            for arguments in [&[][..], &[("a", value.as_str())][..]] {
                if let Ok(filter) = expand(&template, arguments) {
                    prop_assert!(filter.len() > MAX_TEMPLATE_BYTES || expand::<&str>(&filter, &[]).as_ref() == Ok(&filter));
                }
            }
        }
    }
}
