//! What a user is told when a command cannot do its work: a kind, what was attempted, why it failed, and what to do.
//!
//! Not for: faults of a policy during a login; those are an answer, and printed as one.

use std::fmt;

use serde::Serialize;

use crate::exit::Exit;

pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Whose move it is; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// Whoever gave the files and options.
    BadInput,
    /// Whoever built the policy.
    BadPolicy,
    /// Whoever looks after this machine.
    Fault,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Error {
    kind: Kind,
    message: String,
    causes: Vec<String>,
    hint: Option<String>,
}

impl Error {
    pub(crate) fn bad_input(message: impl Into<String>) -> Self {
        Self::new(Kind::BadInput, message.into())
    }

    pub(crate) fn bad_policy(message: impl Into<String>) -> Self {
        Self::new(Kind::BadPolicy, message.into())
    }

    pub(crate) fn fault(message: impl Into<String>) -> Self {
        Self::new(Kind::Fault, message.into())
    }

    const fn new(kind: Kind, message: String) -> Self {
        Self { kind, message, causes: Vec::new(), hint: None }
    }

    /// Because of this error and whatever is behind it, where that says more.
    #[must_use]
    pub(crate) fn because(mut self, error: &dyn std::error::Error) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            let cause = words(&error.to_string());
            if self.causes.last() != Some(&cause) {
                self.causes.push(cause);
            }
            next = error.source();
        }
        self
    }

    #[must_use]
    pub(crate) fn because_of(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What to do, where nothing better is known.
    #[must_use]
    pub(crate) fn or_hint(mut self, hint: &str) -> Self {
        self.hint.get_or_insert_with(|| hint.to_owned());
        self
    }

    pub(crate) const fn exit(&self) -> Exit {
        match self.kind {
            Kind::BadInput => Exit::BadInput,
            Kind::BadPolicy => Exit::BadPolicy,
            Kind::Fault => Exit::Fault,
        }
    }

    /// One line of JSON, for programs.
    pub(crate) fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Line<'a> {
            error: &'a Error,
        }
        serde_json::to_string(&Line { error: self }).unwrap_or_default()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        for cause in &self.causes {
            write!(f, "\n  caused by: {cause}")?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// A message of the operating system in this house's voice: in lower case, without its number.
pub(crate) fn words(message: &str) -> String {
    let Some((text, _)) = message.split_once(" (os error ") else {
        return message.to_owned();
    };
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_was_attempted_why_it_failed_and_what_to_do() {
        let missing = std::io::Error::from_raw_os_error(2);
        let error = Error::bad_input("cannot read the login file `x`").because(&missing).hint("give another one");
        assert_eq!(
            error.to_string(),
            "error: cannot read the login file `x`\n  caused by: no such file or directory\nhint: give another one"
        );
        assert_eq!(error.exit(), Exit::BadInput);
    }

    #[test]
    fn programs_get_the_same_on_one_line() {
        let json = Error::bad_policy("no").because_of("why").to_json();
        assert_eq!(json, r#"{"error":{"kind":"bad-policy","message":"no","causes":["why"],"hint":null}}"#);
    }
}
