//! The command line, run as a person would.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// One run of `vestibule`.
pub(crate) struct Run(Output);

/// Runs `vestibule` from the top of the repository, with a cache of its own among what cargo keeps for tests.
pub(crate) fn vestibule(arguments: &[&str]) -> Run {
    vestibule_with("", &[], arguments)
}

/// The same with something on standard input and in the environment.
pub(crate) fn vestibule_with(input: &str, environment: &[(&str, &OsStr)], arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule-under-test"));
    command.args(arguments).current_dir(root()).env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    command.envs(environment.iter().copied());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that reads nothing closes its end.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Run(child.wait_with_output().unwrap())
}

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// A file with this text, in a directory that lives as long as the test.
pub(crate) fn file(directory: &tempfile::TempDir, name: &str, text: &str) -> String {
    let path = directory.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

impl Run {
    pub(crate) fn exits_with(self, code: i32) -> Self {
        assert_eq!(self.0.status.code(), Some(code), "{}{}", self.stdout(), self.stderr());
        self
    }

    pub(crate) fn succeeded(&self) -> bool {
        self.0.status.success()
    }

    pub(crate) fn prints(self, text: &str) -> Self {
        assert!(self.stdout().contains(text), "no `{text}` in:\n{}", self.stdout());
        self
    }

    pub(crate) fn complains(self, text: &str) -> Self {
        assert!(self.stderr().contains(text), "no `{text}` in:\n{}", self.stderr());
        self
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }
}
