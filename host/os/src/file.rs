//! Opening our own files: what is no regular file is refused at once, whatever somebody has put in its place.
//!
//! Not for: what is in them. A pipe without a writer would hold whoever opens it for ever, and a device may act when it is opened: it is
//! looked at before it is opened, and again afterwards, since somebody may have been faster.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use cap_std::fs::{Dir, FileTypeExt as _, OpenOptionsExt as _};
use rustix::fs::OFlags;

/// No open waits for anybody.
const AT_ONCE: i32 = OFlags::NONBLOCK.union(OFlags::NOCTTY).bits().cast_signed();

/// What stands in a file's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is {0}, not a file")]
pub struct NotAFile(&'static str);

impl From<NotAFile> for io::Error {
    fn from(error: NotAFile) -> Self {
        Self::new(io::ErrorKind::InvalidInput, error)
    }
}

/// What something is.
enum Kind {
    File,
    Other(&'static str),
}

/// The kinds that two libraries' types can tell, by the same names.
macro_rules! kind {
    ($kind:expr) => {{
        let kind = $kind;
        let what = [
            (kind.is_dir(), "a directory"),
            (kind.is_fifo(), "a pipe"),
            (kind.is_socket(), "a socket"),
            (kind.is_char_device() || kind.is_block_device(), "a device"),
        ];
        match what.into_iter().find(|(is, _)| *is) {
            _ if kind.is_file() => Kind::File,
            Some((_, what)) => Kind::Other(what),
            None => Kind::Other("something else"),
        }
    }};
}

/// Opens a file for reading.
///
/// # Errors
/// The operating system's; [`NotAFile`] of the kind [`InvalidInput`](io::ErrorKind::InvalidInput) for a directory, pipe, socket or
/// device.
pub fn open(path: &Path) -> io::Result<File> {
    ensure_file(&kind!(fs::metadata(path)?.file_type()))?;
    let file = OpenOptions::new().read(true).custom_flags(AT_ONCE).open(path)?;
    ensure_file(&kind!(file.metadata()?.file_type()))?;
    Ok(file)
}

/// The same in a directory, which symbolic links do not lead out of.
///
/// # Errors
/// As [`open`].
pub fn open_in(directory: &Dir, name: &str) -> io::Result<cap_std::fs::File> {
    ensure_file(&kind!(directory.metadata(name)?.file_type()))?;
    let file = directory.open_with(name, cap_std::fs::OpenOptions::new().read(true).custom_flags(AT_ONCE))?;
    ensure_file(&kind!(file.metadata()?.file_type()))?;
    Ok(file)
}

fn ensure_file(kind: &Kind) -> Result<(), NotAFile> {
    match kind {
        Kind::File => Ok(()),
        Kind::Other(what) => Err(NotAFile(what)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::net::UnixListener;

    use cap_std::ambient_authority;
    use rustix::fs::{CWD, FileType as NodeType, Mode, mknodat};

    use super::*;

    #[test]
    fn whatever_stands_in_a_files_place_is_refused_at_once_and_named() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::write(at("file"), b"text").unwrap();
        fs::create_dir(at("directory")).unwrap();
        mknodat(CWD, at("pipe"), NodeType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let _socket = UnixListener::bind(at("socket")).unwrap();
        std::os::unix::fs::symlink("pipe", at("link")).unwrap();

        let directory = Dir::open_ambient_dir(home.path(), ambient_authority()).unwrap();
        for (name, what) in
            [("directory", "a directory"), ("pipe", "a pipe"), ("socket", "a socket"), ("link", "a pipe")]
        {
            let said = Some(format!("it is {what}, not a file"));
            assert_eq!(open(&at(name)).err().map(|error| error.to_string()), said);
            assert_eq!(open_in(&directory, name).err().map(|error| error.to_string()), said);
        }
        assert_eq!(open(Path::new("/dev/null")).unwrap_err().to_string(), "it is a device, not a file");

        let mut text = String::new();
        open(&at("file")).unwrap().read_to_string(&mut text).unwrap();
        open_in(&directory, "file").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "texttext");
    }
}
