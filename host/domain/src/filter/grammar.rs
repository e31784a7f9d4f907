//! The grammar of a filter template, read in one pass without recursion: RFC 4515, section 3, and placeholders in values.
//!
//! Not for: what a filter means. It is stricter in one point: `**` is an error, since RFC 4517, section 3.3.30, wants a
//! character in every substring. So are `(&)` and `(|)`, which only RFC 4526 allows.

use super::attribute::{is_attribute_description, is_extensible};
use super::error::{Error, MAX_DEPTH};

/// A part of a template. The pieces in their order make up the whole template.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Copied as it is.
    Literal(&'a str),
    /// Replaced by the escaped argument of this name.
    Argument {
        /// The placeholder's name without its braces.
        name: &'a str,
        /// Whether an asterisk stands in the same value, so that an empty argument would change the kind of the filter.
        in_substring: bool,
    },
}

/// A filter that was opened and takes filters as its operands.
struct Composite {
    is_not: bool,
    operands: usize,
}

/// Takes a template apart, or says why it is none.
pub(super) fn parse(template: &str) -> Result<Vec<Piece<'_>>, Error> {
    if template.is_empty() {
        return Err(Error::Empty);
    }
    let mut scanner = Scanner { template, at: 0, copied: 0, pieces: Vec::new() };
    let mut open: Vec<Composite> = Vec::new();
    loop {
        let at = scanner.at;
        if scanner.eat('(') {
            if open.len() >= MAX_DEPTH {
                return Err(Error::TooDeep { at });
            }
            if open.last().is_some_and(|parent| parent.is_not && parent.operands > 0) {
                return Err(syntax(at, "`)` after the one filter of `!`"));
            }
            if let Some(is_not) = scanner.operator() {
                open.push(Composite { is_not, operands: 0 });
                continue;
            }
            scanner.item()?;
        } else if !open.is_empty() && scanner.eat(')') {
            if open.pop().is_some_and(|closed| closed.operands == 0) {
                return Err(syntax(at, "a filter before `)`"));
            }
        } else {
            return Err(scanner.unexpected("`(`"));
        }
        match open.last_mut() {
            Some(parent) => parent.operands += 1,
            None => return scanner.finish(),
        }
    }
}

struct Scanner<'a> {
    template: &'a str,
    /// The next byte to read.
    at: usize,
    /// The template up to here is in `pieces`.
    copied: usize,
    pieces: Vec<Piece<'a>>,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.template.get(self.at..).unwrap_or_default()
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.rest().starts_with(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    /// `&`, `|` or `!`; true for the last.
    fn operator(&mut self) -> Option<bool> {
        if self.eat('&') || self.eat('|') { Some(false) } else { self.eat('!').then_some(true) }
    }

    /// `attribute`, operator, value and the closing parenthesis.
    fn item(&mut self) -> Result<(), Error> {
        let at = self.at;
        let rest = self.rest();
        let end = rest.find(['=', '(', ')', '{', '}']).unwrap_or(rest.len());
        let left = rest.get(..end).unwrap_or_default();
        self.at += end;
        if !self.eat('=') {
            let expected = "`=` after an attribute description";
            let closes = self.rest().starts_with(')');
            return Err(if closes { syntax(self.at, expected) } else { self.unexpected(expected) });
        }
        let (valid, is_equality) = match left.strip_suffix(['>', '<', '~']) {
            Some(attribute) => (is_attribute_description(attribute), false),
            None => match left.strip_suffix(':') {
                Some(rule) => (is_extensible(rule), false),
                None => (is_attribute_description(left), true),
            },
        };
        if !valid {
            return Err(syntax(at, "an attribute description"));
        }
        self.value(is_equality)
    }

    /// An assertion value up to and with its closing parenthesis. Only an equality may have asterisks.
    fn value(&mut self, is_equality: bool) -> Result<(), Error> {
        let first_piece = self.pieces.len();
        let mut has_asterisk = false;
        let mut after_asterisk = false;
        while !self.eat(')') {
            let at = self.at;
            if is_equality && !after_asterisk && self.eat('*') {
                (has_asterisk, after_asterisk) = (true, true);
                continue;
            }
            match self.rest().chars().next() {
                Some('\\') => self.escape()?,
                Some('{') => {
                    let name = self.placeholder()?;
                    self.copy_until(at);
                    self.copied = self.at;
                    self.pieces.push(Piece::Argument { name, in_substring: false });
                }
                Some('*') if after_asterisk => return Err(self.unexpected("a substring between two asterisks")),
                Some('*') => return Err(self.unexpected("`\\2a` for an asterisk where only `=` takes one")),
                Some('\0' | '(') => return Err(self.unexpected("a character of an assertion value or `)`")),
                Some('}') | None => return Err(self.unexpected("`)`")),
                Some(c) => self.at += c.len_utf8(),
            }
            after_asterisk = false;
        }
        for piece in self.pieces.iter_mut().skip(first_piece) {
            if let Piece::Argument { in_substring, .. } = piece {
                *in_substring = has_asterisk;
            }
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Error> {
        let is_hex = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if self.template.get(self.at + 1..self.at + 3).is_some_and(is_hex) {
            self.at += 3;
            Ok(())
        } else {
            Err(syntax(self.at, "two hexadecimal digits after the backslash"))
        }
    }

    /// A placeholder with its braces; gives its name.
    fn placeholder(&mut self) -> Result<&'a str, Error> {
        let inner = self.rest().strip_prefix('{').and_then(|rest| rest.split_once('}'));
        match inner {
            Some((name, _)) if is_name(name) => {
                self.at += name.len() + 2;
                Ok(name)
            }
            _ => Err(Error::Brace { at: self.at }),
        }
    }

    /// The error for what stands where something else was expected.
    fn unexpected(&mut self, expected: &'static str) -> Error {
        let at = self.at;
        match self.rest().chars().next() {
            None | Some(')') => Error::Unbalanced { at },
            Some('{') => match self.placeholder() {
                Ok(name) => Error::Misplaced { name: name.to_owned(), at },
                Err(error) => error,
            },
            Some('}') => Error::Brace { at },
            Some(_) => syntax(at, expected),
        }
    }

    fn copy_until(&mut self, end: usize) {
        if let Some(text) = self.template.get(self.copied..end).filter(|text| !text.is_empty()) {
            self.pieces.push(Piece::Literal(text));
        }
    }

    fn finish(mut self) -> Result<Vec<Piece<'a>>, Error> {
        if !self.rest().is_empty() {
            return Err(self.unexpected("the end of the filter"));
        }
        self.copy_until(self.at);
        Ok(self.pieces)
    }
}

/// What may stand between braces: a letter, then letters, digits, `_` and `-`.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn syntax(at: usize, expected: &'static str) -> Error {
    Error::Syntax { at, expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS_ATTRIBUTE: &str = "an attribute description";
    const NEEDS_EQUALS: &str = "`=` after an attribute description";

    #[test]
    fn the_examples_of_rfc_4515_are_filters() {
        for filter in [
            "(cn=Babs Jensen)",
            "(!(cn=Tim Howes))",
            "(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))",
            "(o=univ*of*mich*)",
            "(seeAlso=)",
            "(cn:caseExactMatch:=Fred Flintstone)",
            "(cn:=Betty Rubble)",
            "(sn:dn:2.4.6.8.10:=Barney Rubble)",
            "(o:dn:=Ace Industry)",
            "(:1.2.3:=Wilma Flintstone)",
            "(:DN:2.4.6.8.10:=Dino)",
            r"(o=Parens R Us \28for all your parenthetical needs\29)",
            r"(cn=*\2A*)",
            r"(filename=C:\5cMyFile)",
            r"(bin=\00\00\00\04)",
            r"(sn=Lu\c4\8di\c4\87)",
            r"(1.3.6.1.4.1.1466.0=\04\02\48\69)",
        ] {
            assert_eq!(parse(filter), Ok(vec![Piece::Literal(filter)]), "{filter}");
        }
    }

    #[test]
    fn every_operator_and_an_option_is_read() {
        for filter in "(a>=1) (a<=1) (a~=x) (a=*) (a;lang-de;x-1=x) (0.9.2342=x) (a=ü=&|!<>~:;) (|(a=1))".split(' ') {
            assert!(parse(filter).is_ok(), "{filter}");
        }
    }

    #[test]
    fn a_placeholder_knows_whether_it_stands_in_a_substring() {
        let argument = |name, in_substring| Piece::Argument { name, in_substring };
        assert_eq!(
            parse("(&(a={x}-{y_1})(cn=*{z}))"),
            Ok(vec![
                Piece::Literal("(&(a="),
                argument("x", false),
                Piece::Literal("-"),
                argument("y_1", false),
                Piece::Literal(")(cn=*"),
                argument("z", true),
                Piece::Literal("))"),
            ])
        );
        assert!(parse("(a={x}*)").is_ok_and(|pieces| pieces.contains(&argument("x", true))));
    }

    #[test]
    fn a_placeholder_outside_a_value_is_named() {
        for template in "{f} ({f}) ({f}=x) (a{f}=x) (a:{f}:=x) (&{f}) (a=b){f}".split(' ') {
            let (name, at) = ("f".to_owned(), template.find('{').unwrap());
            assert_eq!(parse(template), Err(Error::Misplaced { name, at }), "{template}");
        }
    }

    #[test]
    fn a_brace_that_is_no_placeholder_is_an_error() {
        for template in "(a={) (a=}) (a={}) (a={1}) (a={a\tb}) (a={a{b}}) (a={b {a (a}=x)".split(' ') {
            let at = template.find(['{', '}']).unwrap();
            assert_eq!(parse(template), Err(Error::Brace { at }), "{template}");
        }
    }

    #[test]
    fn unbalanced_parentheses_are_found() {
        for open in "( (a (a=b (&(a=b)".split(' ') {
            assert_eq!(parse(open), Err(Error::Unbalanced { at: open.len() }), "{open}");
        }
        for closed in ") (a=b)) (!(a=b)))".split(' ') {
            let at = closed.len() - 1;
            assert_eq!(parse(closed), Err(Error::Unbalanced { at }), "{closed}");
        }
    }

    #[test]
    fn what_is_no_filter_says_what_is_missing() {
        for (template, at, expected) in [
            ("a=b", 0, "`(`"),
            (" (a=b)", 0, "`(`"),
            ("(a=b)(c=d)", 5, "the end of the filter"),
            ("(& (a=b))", 2, "`(`"),
            ("(&)", 2, "a filter before `)`"),
            ("(!(a=b)(c=d))", 7, "`)` after the one filter of `!`"),
            ("()", 1, NEEDS_EQUALS),
            ("(a)", 2, NEEDS_EQUALS),
            ("((a=b))", 1, NEEDS_EQUALS),
            ("(=b)", 1, NEEDS_ATTRIBUTE),
            ("(a b=c)", 1, NEEDS_ATTRIBUTE),
            ("(:=c)", 1, NEEDS_ATTRIBUTE),
            ("(a**=c)", 1, NEEDS_ATTRIBUTE),
            ("(a=b**c)", 5, "a substring between two asterisks"),
            ("(a>=b*)", 5, "`\\2a` for an asterisk where only `=` takes one"),
            ("(a=b(c)", 4, "a character of an assertion value or `)`"),
            ("(a=\0)", 3, "a character of an assertion value or `)`"),
            (r"(a=\2)", 3, "two hexadecimal digits after the backslash"),
            (r"(a=\é)", 3, "two hexadecimal digits after the backslash"),
        ] {
            assert_eq!(parse(template), Err(Error::Syntax { at, expected }), "{template}");
        }
    }

    #[test]
    fn depth_is_limited_without_recursion() {
        let nested = |depth: usize| format!("{}(a=b){}", "(!".repeat(depth - 1), ")".repeat(depth - 1));
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(parse(&nested(MAX_DEPTH + 1)), Err(Error::TooDeep { at: 2 * MAX_DEPTH }));
        assert_eq!(parse(&nested(1_000_000)), Err(Error::TooDeep { at: 2 * MAX_DEPTH }));
    }
}
