//! Where words go: answers to standard output, everything else to standard error.
//!
//! Not for: deciding what to say.

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use serde::Serialize;

use crate::error::{Error, Result};

/// Writes an answer. A reader that has seen enough, such as `head`, is no error.
pub(crate) fn print(answer: &[u8]) -> Result<()> {
    print_part(answer).map(|_| ())
}

/// Writes a part of a long answer. Returns whether anybody still reads it.
pub(crate) fn print_part(answer: &[u8]) -> Result<bool> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(answer).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Error::fault("cannot write to standard output").because(&error)),
    }
}

/// One line of JSON.
pub(crate) fn json_line(value: &impl Serialize) -> Result<String> {
    let mut line = serde_json::to_string(value).map_err(|error| Error::fault("cannot write JSON").because(&error))?;
    line.push('\n');
    Ok(line)
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
