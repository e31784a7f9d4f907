//! The Unix socket of this machine, and who is at the other end of it.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;

use tokio::net::{UnixListener, UnixStream};

use crate::access::Peer;

/// Whoever may connect still needs a token, unless it is this machine's administrator.
const MODE: u32 = 0o666;

/// Listens on a path. A socket that a host before left there makes room; one that is in use does not, nor does anything else.
///
/// # Errors
/// The operating system's; [`ErrorKind::AddrInUse`], if somebody answers there.
pub async fn bind(path: &Path) -> io::Result<UnixListener> {
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
    fs::set_permissions(path, fs::Permissions::from_mode(MODE))?;
    Ok(listener)
}

/// Who is at the other end, by the kernel's word. Root and the host's own user could change the store, so they need no token.
pub fn peer(stream: &UnixStream) -> Peer {
    let Ok(credentials) = stream.peer_cred() else {
        return Peer { origin: "this machine".into(), is_administrator: false };
    };
    let user = credentials.uid();
    let own = rustix::process::geteuid().as_raw();
    Peer { origin: format!("this machine, user {user}").into(), is_administrator: user == 0 || user == own }
}
