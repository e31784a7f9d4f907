//! The Unix socket of this machine, and who is at the other end of it.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;

use tokio::net::{UnixListener, UnixStream};

use crate::access::Peer;

/// Who may connect to a Unix socket. Whoever may still needs a token, unless it is this machine's administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketMode {
    /// The mode of its file. Default 0666.
    pub mode: u32,
    /// The number of its group; that of the host's own user, if absent.
    pub group: Option<u32>,
}

/// Who needs no token on a Unix socket, besides the host's own user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Operators {
    /// Root of this machine. In a container it may be anybody's.
    pub root: bool,
}

impl Default for SocketMode {
    fn default() -> Self {
        Self { mode: 0o666, group: None }
    }
}

/// Listens on a path. A socket that a host before left there makes room; one that is in use does not, nor does anything else.
///
/// # Errors
/// The operating system's; [`ErrorKind::AddrInUse`], if somebody answers there.
pub async fn bind(path: &Path, mode: SocketMode) -> io::Result<UnixListener> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.file_type().is_socket() => {
            if UnixStream::connect(path).await.is_ok() {
                return Err(ErrorKind::AddrInUse.into());
            }
            fs::remove_file(path)?;
        }
        Ok(_) => return Err(ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = UnixListener::bind(path)?;
    if mode.group.is_some() {
        std::os::unix::fs::chown(path, None, mode.group)?;
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode.mode))?;
    Ok(listener)
}

impl Operators {
    /// The host's own user could change the store, and needs no token; root could as well, if it is root outside of containers, too.
    fn include(self, user: u32, own: u32) -> bool {
        user == own || (user == 0 && self.root)
    }
}

/// Who is at the other end, by the kernel's word.
///
/// # Errors
/// The operating system's. Nobody knows then who it is, and who would pay.
pub fn peer(stream: &UnixStream, operators: Operators) -> io::Result<Peer> {
    let user = stream.peer_cred()?.uid();
    let own = rustix::process::geteuid().as_raw();
    Ok(Peer::user(user, operators.include(user, own)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn root_is_the_operator_only_where_that_is_said() {
        let (only_own, with_root) = (Operators::default(), Operators { root: true });
        assert!(only_own.include(1000, 1000) && only_own.include(0, 0), "the host's own user, whoever that is");
        assert!(!only_own.include(0, 1000) && with_root.include(0, 1000));
        assert!(!only_own.include(1001, 1000) && !with_root.include(1001, 1000));
    }

    #[tokio::test]
    async fn a_socket_has_the_mode_and_group_that_are_set() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("socket");
        let own = rustix::process::getegid().as_raw();
        let _listener = bind(&path, SocketMode { mode: 0o640, group: Some(own) }).await.unwrap();
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!((metadata.mode() & 0o777, metadata.gid()), (0o640, own));
    }
}
