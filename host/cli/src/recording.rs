//! The file of a recorded login: the recording, and where its policy was.
//!
//! Not for: what is in a recording; that is the sandbox's.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use vestibule_domain::json;
use vestibule_sandbox::Recording;
use vestibule_sandbox::recording::FORMAT;

use crate::error::{Error, Result};
use crate::input::{self, shown};

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordFile {
    /// The policy's path as it was given.
    pub(crate) policy: PathBuf,
    pub(crate) recording: Recording,
}

/// What tells one format from another, whatever else either has.
#[derive(Deserialize)]
struct Numbered {
    recording: Number,
}

#[derive(Deserialize)]
struct Number {
    format: u32,
}

impl RecordFile {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = input::text("recording", path)?;
        if let Ok(Numbered { recording: Number { format } }) = serde_json::from_str(&text)
            && format != FORMAT
        {
            return Err(input::malformed("recording", path)
                .because_of(format!("it has format {format}, and this program reads format {FORMAT}"))
                .hint("record the login anew"));
        }
        json::from_str("recording", &text).map_err(|error| {
            let hint = "give a file that `vestibule try --record` made, or record the login anew";
            input::malformed("recording", path).because(&error).hint(hint)
        })
    }
}

/// What becomes of a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    Keep,
    Replace,
}

/// A file to be: nothing is seen under its name before all of it is written. Only its owner may read it, since it holds secrets.
pub(crate) struct Draft {
    file: NamedTempFile,
    path: PathBuf,
    existing: Existing,
}

impl Draft {
    /// Makes sure that the file can be written, before the work is done that fills it.
    pub(crate) fn new(path: &Path, existing: Existing) -> Result<Self> {
        if existing == Existing::Keep && path.symlink_metadata().is_ok() {
            return Err(exists(path));
        }
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = NamedTempFile::new_in(directory).map_err(|error| not_written(path).because(&error))?;
        Ok(Self { file, path: path.to_owned(), existing })
    }

    pub(crate) fn write(mut self, content: &RecordFile) -> Result<()> {
        let failed = not_written(&self.path);
        let mut json = serde_json::to_vec_pretty(content).map_err(|error| failed.clone().because(&error))?;
        json.push(b'\n');
        self.file.write_all(&json).map_err(|error| failed.clone().because(&error))?;
        let kept = match self.existing {
            Existing::Keep => self.file.persist_noclobber(&self.path),
            Existing::Replace => self.file.persist(&self.path),
        };
        match kept {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Err(exists(&self.path)),
            Err(error) => Err(failed.because(&error.error)),
        }
    }
}

fn exists(path: &Path) -> Error {
    not_written(path).because_of("it exists already").hint("choose another name, or replace it with `--force`")
}

fn not_written(path: &Path) -> Error {
    Error::bad_input(format!("cannot write the recording `{}`", shown(path)))
}
