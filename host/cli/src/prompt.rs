//! What only the user knows: asked for on the terminal, or read from a file line by line.
//!
//! Not for: anything that may be seen; passwords are read without echo.

use std::collections::VecDeque;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use vestibule_domain::Secret;
use vestibule_domain::outcome::Echo;

use crate::error::{Error, Result};
use crate::input;

/// Where answers come from.
pub(crate) enum Answers {
    /// Lines of a file, in order.
    Lines(VecDeque<Secret>),
    /// Whoever sits there.
    Terminal,
}

impl Answers {
    /// From a file, or from the terminal where none is given.
    pub(crate) fn new(file: Option<&Path>) -> Result<Self> {
        let Some(path) = file else { return Ok(Self::Terminal) };
        let text = input::text("password file", path)?;
        Ok(Self::Lines(text.lines().map(Secret::new).collect()))
    }

    /// The next answer; nothing if there is nobody to ask.
    pub(crate) fn next(&mut self, question: &str, echo: Echo) -> Result<Option<Secret>> {
        match self {
            Self::Lines(lines) => Ok(lines.pop_front()),
            Self::Terminal if !io::stdin().is_terminal() => Ok(None),
            Self::Terminal => ask(question, echo).map(Some).map_err(|error| {
                Error::fault("cannot read from the terminal").because(&error).hint("give a file with `--pass-file`")
            }),
        }
    }

    /// The next answer, without which nothing goes on.
    pub(crate) fn require(&mut self, question: &str) -> Result<Secret> {
        self.next(question, Echo::Hidden)?.ok_or_else(|| {
            Error::bad_input("there is no password").hint("call this on a terminal, or give a file with `--pass-file`")
        })
    }
}

fn ask(question: &str, echo: Echo) -> io::Result<Secret> {
    if echo == Echo::Hidden {
        return rpassword::prompt_password(format!("{question}: ")).map(Secret::new);
    }
    let mut stderr = io::stderr().lock();
    write!(stderr, "{question}: ")?;
    stderr.flush()?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(Secret::new(line.trim_end_matches(['\r', '\n'])))
}
