//! Values as Python prints them: authcli's readers know that form.
//!
//! Not for: programs; they are given JSON.

use std::fmt::Write as _;

use vestibule_domain::Properties;

/// Where lines are folded, in characters.
const WIDTH: usize = 79;

/// A dictionary, folded so that its entries begin below each other. `column` is where it begins.
pub(crate) fn dictionary(properties: &Properties, column: usize) -> String {
    let mut text = "{".to_owned();
    let mut at = column + 1;
    for (index, (name, value)) in properties.iter().enumerate() {
        let entry = format!("{}: {}", string(name), string(value));
        let width = entry.chars().count();
        if index > 0 {
            text.push(',');
            at += 1;
            // One for the space before, one for the comma or brace after.
            if at + width + 2 > WIDTH {
                let _ = write!(text, "\n{:indent$}", "", indent = column + 1);
                at = column + 1;
            } else {
                text.push(' ');
                at += 1;
            }
        }
        text.push_str(&entry);
        at += width;
    }
    text.push('}');
    text
}

/// A string literal (Python's language reference, 2.4.1): in single quotes, unless that would need more escapes.
pub(crate) fn string(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push(quote);
    for c in text.chars() {
        match c {
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            c if c == quote => literal.extend(['\\', c]),
            c if is_printable(c) => literal.push(c),
            c => escape(c, &mut literal),
        }
    }
    literal.push(quote);
    literal
}

/// The standard library knows what is printable: it escapes the rest, and quotes.
fn is_printable(c: char) -> bool {
    matches!(c, '"' | '\'') || c.escape_debug().len() == 1
}

fn escape(c: char, literal: &mut String) {
    let code = u32::from(c);
    let _ = match code {
        0..=0xff => write!(literal, "\\x{code:02x}"),
        0x100..=0xffff => write!(literal, "\\u{code:04x}"),
        _ => write!(literal, "\\U{code:08x}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(pairs: &[(&str, &str)]) -> Properties {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Properties::from_pairs(pairs.collect()).unwrap()
    }

    #[test]
    fn strings_are_quoted_and_escaped_as_python_does_it() {
        let cases = [
            ("staff", "'staff'"),
            ("Joe's", "\"Joe's\""),
            ("Joe's \"x\"", "'Joe\\'s \"x\"'"),
            ("a\\b\n\tc", "'a\\\\b\\n\\tc'"),
            ("Zoë", "'Zoë'"),
            ("\u{1b}[2J\u{202e}\u{e0001}", "'\\x1b[2J\\u202e\\U000e0001'"),
        ];
        for (text, literal) in cases {
            assert_eq!(string(text), literal);
        }
    }

    #[test]
    fn a_dictionary_that_fits_is_one_line() {
        let empty = dictionary(&Properties::new(), 13);
        assert_eq!(empty, "{}");
        let short = dictionary(&properties(&[("conn_group", "staff"), ("prop_deny", "false")]), 13);
        assert_eq!(short, "{'conn_group': 'staff', 'prop_deny': 'false'}");
    }

    #[test]
    fn a_longer_dictionary_is_folded_below_its_first_entry() {
        let pairs = [
            ("conn_group", "default"),
            ("prop_autogenerate", "true"),
            ("prop_autologin", "true"),
            ("prop_deny", "false"),
        ];
        let text = format!("  proplist : {}", dictionary(&properties(&pairs), 13));
        assert_eq!(
            text,
            "  proplist : {'conn_group': 'default', 'prop_autogenerate': 'true',\n              \
             'prop_autologin': 'true', 'prop_deny': 'false'}"
        );
        assert!(text.lines().all(|line| line.len() <= WIDTH));
    }
}
