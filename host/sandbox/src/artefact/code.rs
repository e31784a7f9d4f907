//! Code in memory that nobody can change any more, this process neither: what a seal was checked over is what is run.
//!
//! Not for: believing it. It is a file without a name, which is mapped and not copied, so that code is in memory once.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use rustix::fs::{MemfdFlags, SealFlags};

/// Code is read and written in pieces of this size.
const PIECE_BYTES: usize = 64 << 10;

/// Compiled code.
pub struct Code {
    file: File,
    bytes: u64,
}

impl Code {
    /// A file without a name, to write code to.
    ///
    /// # Errors
    /// The operating system's.
    pub fn blank() -> io::Result<OwnedFd> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        Ok(rustix::fs::memfd_create("vestibule-code", flags)?)
    }

    /// What was written to a [`Code::blank`], which nobody can write to from now on.
    ///
    /// # Errors
    /// The operating system's, if somebody has it mapped for writing, for instance.
    pub fn freeze(written: OwnedFd) -> io::Result<Self> {
        let all = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
        rustix::fs::fcntl_add_seals(written.as_fd(), all)?;
        let file = File::from(written);
        let bytes = file.metadata()?.len();
        Ok(Self { file, bytes })
    }

    /// All that a source has.
    ///
    /// # Errors
    /// The source's, and the operating system's.
    pub fn copy(mut source: impl Read) -> io::Result<Self> {
        let mut file = File::from(Self::blank()?);
        io::copy(&mut source, &mut file)?;
        Self::freeze(file.into())
    }

    /// How much of it there is.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Hands over one piece after another.
    pub(super) fn pieces(&self, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        let mut piece = vec![0; PIECE_BYTES];
        let mut at = 0;
        while at < self.bytes {
            let read = self.file.read_at(&mut piece, at)?;
            match piece.get(..read) {
                Some(piece) if read > 0 => take(piece),
                _ => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
            at = at.saturating_add(read as u64);
        }
        Ok(())
    }

    /// Where it can be opened as long as this value is there.
    pub(super) fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.file.as_raw_fd()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn what_is_frozen_cannot_be_changed_and_reads_back_in_pieces() {
        let bytes: Vec<u8> = (0..=250).cycle().take(2 * PIECE_BYTES + 7).collect();
        let mut code = Code::copy(&*bytes).unwrap();
        let mut read = Vec::new();
        code.pieces(|piece| read.extend_from_slice(piece)).unwrap();
        assert!(read == bytes && code.bytes() == bytes.len() as u64);
        assert!(code.file.write(b"x").is_err() && code.file.set_len(1).is_err());
    }
}
