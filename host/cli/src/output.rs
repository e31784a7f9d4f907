//! Where words go: answers to standard output, everything else to standard error.
//!
//! Not for: deciding what to say.

use std::borrow::Cow;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use serde::Serialize;
use vestibule_domain::text::{log_text, moves_the_eye};

use crate::error::{Error, Result};

/// The longest text that is shown of an answer, in bytes.
const MAX_SHOWN_BYTES: usize = 256;

/// Writes an answer. A reader that has seen enough, such as `head`, is no error.
pub(crate) fn print(answer: &[u8]) -> Result<()> {
    print_part(answer).map(|_| ())
}

/// Writes a part of a long answer. Returns whether anybody still reads it.
pub(crate) fn print_part(answer: &[u8]) -> Result<bool> {
    let mut stdout = io::stdout().lock();
    let answer = if stdout.is_terminal() { harmless(answer) } else { Cow::Borrowed(answer) };
    match stdout.write_all(&answer).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Error::fault("cannot write to standard output").because(&error)),
    }
}

/// What somebody else has written, for a terminal: characters that move the cursor or the eye are escaped as JSON escapes them, so that
/// JSON stays what it is. A program that reads the answer gets it as it is.
fn harmless(answer: &[u8]) -> Cow<'_, [u8]> {
    let plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    if answer.iter().copied().all(plain) {
        return Cow::Borrowed(answer);
    }
    let mut escaped = Vec::with_capacity(answer.len());
    for chunk in answer.utf8_chunks() {
        for c in chunk.valid().chars() {
            if moves_the_eye(c) && !matches!(c, '\n' | '\t') {
                escaped.extend(format!("\\u{:04x}", u32::from(c)).into_bytes());
            } else {
                escaped.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        escaped.extend_from_slice(chunk.invalid());
    }
    Cow::Owned(escaped)
}

/// One line of JSON.
pub(crate) fn json_line(value: &impl Serialize) -> Result<String> {
    let mut line = serde_json::to_string(value).map_err(|error| Error::fault("cannot write JSON").because(&error))?;
    line.push('\n');
    Ok(line)
}

/// Several lines of JSON, for people.
pub(crate) fn json_lines(value: &impl Serialize) -> Result<String> {
    let mut text =
        serde_json::to_string_pretty(value).map_err(|error| Error::fault("cannot write JSON").because(&error))?;
    text.push('\n');
    Ok(text)
}

/// What a server or a policy has written, as a part of a line for people.
pub(crate) fn shown(text: &str) -> String {
    log_text(text, MAX_SHOWN_BYTES)
}

/// Writes a line for whoever watches. Where even that fails, nobody watches.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Writes a line for whoever waits, if somebody does.
pub(crate) fn say_progress(line: &str) {
    if io::stderr().is_terminal() {
        say(line);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_terminal_is_not_told_what_to_do() {
        let line = json_line(&"a\u{9b}2J \u{202e}b\u{7f} \u{2066}ö").unwrap();
        let shown = String::from_utf8(harmless(line.as_bytes()).into_owned()).unwrap();
        assert_eq!(shown, "\"a\\u009b2J \\u202eb\\u007f \\u2066ö\"\n");
    }

    proptest! {
        #[test]
        fn json_for_a_terminal_is_the_same_json(text in any::<String>()) {
            let line = json_line(&text).unwrap();
            let shown = harmless(line.as_bytes());
            prop_assert_eq!(serde_json::from_slice::<String>(&shown).unwrap(), text);
            let shown = std::str::from_utf8(&shown).unwrap();
            prop_assert!(!shown.trim_end_matches('\n').chars().any(moves_the_eye));
        }

        #[test]
        fn what_is_no_text_is_left_as_it_is(bytes in proptest::collection::vec(0x80_u8..=0xbf, 0..16)) {
            prop_assert_eq!(&*harmless(&bytes), &*bytes);
        }
    }
}
