//! Words that OpenVPN's clients take for a command when a server's text has them, and a text without them.
//!
//! Not for: writing such commands; see [`crate::wire`].
//!
//! The list is what clients compare with: `receive_auth_failed` and `server_pushed_info` of OpenVPN 2.6, `ClientProto` of OpenVPN 3, and
//! `OnPassword` of the GUI for Windows, which looks for `CRV1:` anywhere in what its daemon tells it, while OpenVPN 3 passes over blanks
//! at the beginning.

/// What no ordinary text has: these are commands wherever they stand. `SCRV1:` is one of them by its end.
const ANYWHERE: [&str; 8] =
    ["CRV1:", "CR_TEXT", "WEB_AUTH", "OPEN_URL", "AUTH_PENDING", "AUTH_FAILED", "INFO_PRE", "PUSH_REPLY"];
/// What is a command as the first word, with one of [`SEPARATORS`] behind it. `E` and `R` are the flags of a challenge.
const AT_THE_BEGINNING: [&str; 7] = ["TEMP", "SESSION", "SC", "E", "R", "HALT", "RESTART"];
const SEPARATORS: [char; 3] = [':', '[', ','];
/// Needs no separator, but is compared letter by letter.
const TEMPORARY: &str = "TEMP";

/// The text with a blank in place of what makes a word of it a command. It stays as long as it was.
pub(super) fn disarm(mut text: String) -> String {
    for command in ANYWHERE {
        let Some(mark) = command.find([':', '_']) else { continue };
        while let Some(at) = find(&text, command) {
            text.replace_range(at + mark..=at + mark, " ");
        }
    }
    let Some(start) = text.find(char::is_alphanumeric) else { return text };
    let rest = text.get(start..).unwrap_or_default();
    let end = start + rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    if rest.starts_with(TEMPORARY) {
        let word = text.get(start + 1..end).unwrap_or_default().to_ascii_lowercase();
        text.replace_range(start + 1..end, &word);
        return disarm(text);
    }
    let is_command = AT_THE_BEGINNING
        .iter()
        .any(|command| text.get(start..end).is_some_and(|word| word.eq_ignore_ascii_case(command)));
    if is_command && text.get(end..).is_some_and(|rest| rest.starts_with(SEPARATORS)) {
        text.replace_range(end..=end, " ");
    }
    text
}

/// Where a word is, in any letter case.
fn find(text: &str, word: &str) -> Option<usize> {
    text.as_bytes().windows(word.len()).position(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use crate::text::ClientText;

    fn clean(text: &str) -> String {
        ClientText::clean(text).as_str().to_owned()
    }

    /// What a client would take for a command: blanks, quotes and other marks before it do not help.
    fn is_a_command(text: &str) -> bool {
        let text = text.to_ascii_uppercase();
        let first = text.trim_start_matches(|c: char| !c.is_alphanumeric());
        ["CRV1:", "CR_TEXT", "WEB_AUTH", "OPEN_URL", "AUTH_PENDING", "AUTH_FAILED"]
            .iter()
            .any(|word| text.contains(word))
            || ["TEMP:", "TEMP[", "TEMP,", "SESSION:", "SC:", "E:", "E,", "R:", "HALT,", "RESTART,"]
                .iter()
                .any(|word| first.starts_with(word))
    }

    #[test]
    fn a_command_loses_its_mark_and_stays_readable() {
        assert_eq!(clean("CRV1:R,E:id:dXNlcg==:Code"), "CRV1 R,E:id:dXNlcg==:Code");
        assert_eq!(clean(" 'SCRV1:a:b"), " 'SCRV1 a:b");
        assert_eq!(clean("temp[backoff 1]: later"), "temp backoff 1]: later");
        assert_eq!(clean("TEMP"), "Temp");
        assert_eq!(clean("SESSION: token expired"), "SESSION  token expired");
        assert_eq!(clean("Web_Auth::https://evil.example"), "Web Auth::https://evil.example");
        assert_eq!(clean("no ['crv1:R:x"), "no ['crv1 R:x");
    }

    #[test]
    fn an_ordinary_text_stays_as_it_is() {
        for text in [
            "Temporarily locked: try again later",
            "This session: ended",
            "Disc: full",
            "Error: no such device",
            "",
            " -",
        ] {
            assert_eq!(clean(text), text);
        }
        assert_eq!(clean("TEMPORARILY locked"), "Temporarily locked");
    }

    proptest! {
        #[test]
        fn no_client_text_is_a_command(
            before in "[ '\"\\[\\n(-]{0,3}",
            words in proptest::collection::vec(
                select(vec!["CRV1", "SCRV1", "TEMP", "temp", "SESSION", "SC", "CR_TEXT", "WEB_AUTH", "OPEN_URL", "AUTH_PENDING", "E", "R",
                            ":", "[", ",", " ", "_", "a", "É", "İ"]), 0..12),
            limit in 0_usize..64,
        ) {
            let text = ClientText::clean_within(&format!("{before}{}", words.concat()), limit);
            prop_assert!(!is_a_command(text.as_str()), "{:?}", text);
            prop_assert!(!text.as_str().trim_start().starts_with("TEMP"), "{:?}", text);
            prop_assert_eq!(&ClientText::clean(text.as_str()), &text);
        }
    }
}
