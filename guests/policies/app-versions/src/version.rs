//! Versions as clients and applications write them: `3.4.4-3412`, `2.6.12`, `OCWindows_3.4.4-3412`, `128.0esr`.
//!
//! Not for: semantic versions and their pre-releases; what follows the numbers does not count.

use std::cmp::Ordering;

/// Numbers between dots, and the number of a build behind a dash.
#[derive(Debug, Clone)]
pub struct Version {
    numbers: Vec<u32>,
    build: u32,
}

impl Version {
    /// Reads the first thing in a text that begins like a version: a digit at its beginning or behind `_`, a space or `v`.
    pub fn parse(text: &str) -> Option<Self> {
        let begins = |at: usize| at == 0 || matches!(text.as_bytes()[at - 1], b'_' | b' ' | b'v' | b'V');
        let start = text.bytes().enumerate().position(|(at, byte)| byte.is_ascii_digit() && begins(at))?;
        let (first, mut rest) = number(&text[start..])?;
        let mut numbers = vec![first];
        while let Some((next, after)) = rest.strip_prefix('.').and_then(number) {
            numbers.push(next);
            rest = after;
        }
        // A number that is too large to read is no end of the version: it must not count as its absence.
        if rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            return None;
        }
        let build = match rest.strip_prefix('-').filter(|build| build.starts_with(|c: char| c.is_ascii_digit())) {
            Some(build) => number(build)?.0,
            None => 0,
        };
        Some(Self { numbers, build })
    }
}

fn number(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    Some((digits.parse().ok()?, rest))
}

impl Ord for Version {
    /// Numbers that are absent are zero: `3.4` is `3.4.0`.
    fn cmp(&self, other: &Self) -> Ordering {
        let length = self.numbers.len().max(other.numbers.len());
        let at = |version: &Self, index: usize| version.numbers.get(index).copied().unwrap_or(0);
        let numbers = (0..length).map(|index| at(self, index).cmp(&at(other, index))).find(|order| order.is_ne());
        numbers.unwrap_or_else(|| self.build.cmp(&other.build))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

#[cfg(test)]
mod tests {
    use super::Version;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap_or_else(|| panic!("no version in `{text}`"))
    }

    #[test]
    fn versions_are_compared_number_by_number() {
        assert!(version("3.10") > version("3.9.9"));
        assert!(version("3.4.4-3412") > version("3.4.4-999") && version("3.4.5-1") > version("3.4.4-3412"));
        assert!(version("3.4.1-500") > version("3.4-1000"), "a build is no fourth number");
        assert!(version("2.0.18.200") > version("2.0.18"));
        assert!(version("3.4") == version("3.4.0.0") && version("3.4.4-1") > version("3.4.4"));
    }

    #[test]
    fn a_name_in_front_and_words_behind_do_not_count() {
        for text in
            ["OCWindows_3.4.4-3412", "net.openvpn.connect.ios_3.4.4-3412", "v3.4.4-3412", "Connect 3.4.4-3412 (beta 2)"]
        {
            assert_eq!(version(text), version("3.4.4-3412"), "{text}");
        }
        assert_eq!(version("128.0esr"), version("128"));
        assert_eq!(version("2.7_rc1"), version("2.7"));
        assert_eq!(version("3.git:released:deadbeef"), version("3"));
    }

    #[test]
    fn what_holds_no_version_is_none() {
        for text in ["", "ERR_NOT_FOUND", "latest", "4294967296", "1.4294967296", "1-4294967296", "x86"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
