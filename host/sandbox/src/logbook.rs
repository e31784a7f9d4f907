//! The lines that a policy logs during one call, capped.
//!
//! Not for: writing them anywhere.

use vestibule_domain::Redactor;
use vestibule_domain::log::{Level, Line};
use vestibule_domain::text::log_text;

use crate::limits::Limits;

/// The longest message or field value kept, in bytes.
const MAX_TEXT_BYTES: usize = 2048;
/// The longest field name kept, in bytes.
const MAX_NAME_BYTES: usize = 64;
/// What is held back of a line that is being printed, in bytes: more than is kept, so that secrets are found whole before it is cut.
const MAX_PENDING_BYTES: usize = 4 * MAX_TEXT_BYTES;
/// The most fields of one line.
const MAX_FIELDS: usize = 16;

/// Where a policy's standard output and error go: each complete line becomes a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

/// Lines so far, and how many were dropped.
#[derive(Debug, Default)]
pub(crate) struct Logbook {
    lines: Vec<Line>,
    lines_left: usize,
    bytes_left: usize,
    dropped: u64,
    pending: [Vec<u8>; 2],
}

impl Logbook {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { lines_left: limits.log_lines, bytes_left: limits.log_bytes, ..Self::default() }
    }

    /// Keeps one line, secrets starred out, or counts it as dropped.
    pub(crate) fn write(&mut self, level: Level, message: &str, fields: &[(String, String)], secrets: &Redactor) {
        if self.is_full() {
            self.dropped += 1;
            return;
        }
        let text = |text: &str, max_bytes| log_text(&secrets.scrub(text, max_bytes), max_bytes);
        let fields: Vec<_> = fields
            .iter()
            .take(MAX_FIELDS)
            .map(|(name, value)| (text(name, MAX_NAME_BYTES), text(value, MAX_TEXT_BYTES)))
            .collect();
        let line = Line { level, message: text(message, MAX_TEXT_BYTES), fields };
        // What does not fit uses up the rest: looking for secrets in it was work, and a policy must not make it again and again.
        match self.bytes_left.checked_sub(line.bytes()) {
            Some(left) => self.bytes_left = left,
            None => {
                self.bytes_left = 0;
                self.dropped += 1;
                return;
            }
        }
        self.lines_left -= 1;
        self.lines.push(line);
    }

    const fn is_full(&self) -> bool {
        self.lines_left == 0 || self.bytes_left == 0
    }

    /// Takes what a policy wrote to a standard stream. No more than a few lines' worth is held back.
    pub(crate) fn print(&mut self, stream: Stream, octets: &[u8], secrets: &Redactor) {
        let mut pieces = octets.split_inclusive(|octet| *octet == b'\n');
        while !self.is_full()
            && let Some(piece) = pieces.next()
        {
            let [stdout, stderr] = &mut self.pending;
            let pending = if stream == Stream::Stdout { stdout } else { stderr };
            let room = MAX_PENDING_BYTES.saturating_sub(pending.len());
            pending.extend(piece.iter().take(room));
            if piece.ends_with(b"\n") {
                self.end_line(stream, secrets);
            }
        }
        self.dropped += pieces.filter(|piece| piece.ends_with(b"\n")).count() as u64;
    }

    fn end_line(&mut self, stream: Stream, secrets: &Redactor) {
        let [stdout, stderr] = &mut self.pending;
        let (pending, level, name) = match stream {
            Stream::Stdout => (stdout, Level::Info, "stdout"),
            Stream::Stderr => (stderr, Level::Warn, "stderr"),
        };
        let line = std::mem::take(pending);
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            // It is not kept, but it was looked at.
            self.bytes_left = self.bytes_left.saturating_sub(line.len());
        } else {
            self.write(level, text.trim_end(), &[("stream".to_owned(), name.to_owned())], secrets);
        }
    }

    /// Ends the book: what is pending becomes lines.
    pub(crate) fn close(mut self, secrets: &Redactor) -> (Vec<Line>, u64) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            self.end_line(stream, secrets);
        }
        (self.lines, self.dropped)
    }
}

#[cfg(test)]
mod tests {
    use vestibule_domain::Secret;

    use super::*;

    fn nothing() -> Redactor {
        Redactor::new([])
    }

    fn book(log_lines: usize, log_bytes: usize) -> Logbook {
        Logbook::new(&Limits { log_lines, log_bytes, ..Limits::default() })
    }

    #[test]
    fn lines_beyond_the_cap_are_counted_and_dropped() {
        let mut book = book(2, 1000);
        (0..5).for_each(|_| book.write(Level::Info, "x", &[], &nothing()));
        let (lines, dropped) = book.close(&nothing());
        assert_eq!((lines.len(), dropped), (2, 3));
    }

    #[test]
    fn a_stream_becomes_lines_even_without_a_last_newline() {
        let mut book = book(9, 1000);
        book.print(Stream::Stdout, b"one\ntw", &nothing());
        book.print(Stream::Stdout, b"o\nthree", &nothing());
        let messages: Vec<_> = book.close(&nothing()).0.into_iter().map(|line| line.message).collect();
        assert_eq!(messages, ["one", "two", "three"]);
    }

    #[test]
    fn a_flood_without_newlines_holds_one_line() {
        let mut book = book(9, 100_000);
        (0..100).for_each(|_| book.print(Stream::Stderr, &[b'x'; 1000], &nothing()));
        let (lines, _) = book.close(&nothing());
        assert!(lines.len() == 1 && lines.iter().all(|line| line.message.len() == MAX_TEXT_BYTES));
    }

    #[test]
    fn secrets_become_stars() {
        let mut book = book(9, 1000);
        let secrets = Redactor::new(&[Secret::new("hunter2")]);
        book.write(Level::Info, "password hunter2", &[("hunter2".into(), "hunter2!".into())], &secrets);
        book.print(Stream::Stdout, b"and hunter2", &secrets);
        let (lines, _) = book.close(&secrets);
        assert_eq!(format!("{lines:?}").matches("***").count(), 4);
    }

    #[test]
    fn blank_lines_use_up_what_may_be_kept_and_then_nothing_is_looked_at() {
        let mut book = book(9, 100);
        book.print(Stream::Stdout, b"kept\n \n\n", &nothing());
        book.print(Stream::Stdout, &[b'\n'; 1000], &nothing());
        assert!(book.is_full());
        book.print(Stream::Stderr, b"late\n", &nothing());
        let (lines, dropped) = book.close(&nothing());
        // `kept` with its field has 16 bytes, the blank lines have 3, and 81 of the thousand were looked at.
        assert_eq!((lines.len(), dropped), (1, 1000 - 81 + 1));
    }

    #[test]
    fn a_line_that_does_not_fit_is_the_last_that_is_looked_at() {
        let mut book = book(9, 100);
        book.write(Level::Info, "short", &[], &nothing());
        book.write(Level::Info, &"x".repeat(200), &[], &nothing());
        book.write(Level::Info, "short", &[], &nothing());
        let (lines, dropped) = book.close(&nothing());
        assert_eq!((lines.len(), dropped), (1, 2));
    }
}
