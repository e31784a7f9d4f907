//! What a host needs of the machine: it gives up the rest before it has heard from anybody.
//!
//! Not for: the walls themselves; see [`vestibule_os::walls`]. `host/THREATS.md` says what they hold.

use std::env;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use vestibule_os::walls::{self, Gap, Reach};

use crate::config::Config;

/// What libraries read: names of hosts and networks, certificates, time zones, what the machine has.
const SYSTEM: [&str; 8] = ["/etc", "/usr", "/lib", "/lib64", "/proc", "/sys", "/run/systemd/resolve", "/dev/urandom"];
/// Where SQLite, and whoever takes an upload, puts what is too much for memory.
const TEMPORARY: [&str; 3] = ["/tmp", "/var/tmp", "/dev/null"];
/// What the system runs first of a program: its loader.
const LOADERS: [&str; 3] = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1", "/lib/ld-linux-aarch64.so.1"];

/// Gives up what a host on this data directory does not need. Before any thread is made, and any socket opened.
pub(crate) fn to_what_is_needed(data: &Path, config: &Config, sockets: &[String]) -> Vec<Gap> {
    if !config.server.confine {
        return vec![Gap::switched_off("server.confine")];
    }
    // Whoever cannot make it hears so from the store.
    let _ = DirBuilder::new().recursive(true).mode(0o700).create(data);
    walls::around_a_host(&reach(data, config, sockets))
}

fn reach(data: &Path, config: &Config, sockets: &[String]) -> Reach {
    let named = config.server.certificate.iter().chain(&config.server.key).chain(config.files());
    let read = SYSTEM.iter().map(PathBuf::from).chain(named.flat_map(|file| places(file))).collect();
    let temporary = ["TMPDIR", "SQLITE_TMPDIR"].into_iter().filter_map(env::var_os).map(PathBuf::from);
    let unix = sockets.iter().filter_map(|socket| socket.strip_prefix("unix:"));
    let unix = unix.filter_map(|path| data.join(path).parent().map(Path::to_owned));
    let write = TEMPORARY.iter().map(PathBuf::from).chain(temporary).chain(unix).chain([data.to_owned()]).collect();
    let run = ["/proc/self/exe"].iter().chain(&LOADERS).map(PathBuf::from).collect();
    Reach { read, write, run }
}

/// The directories of a file and of what it links to: a new file takes an old one's place there.
fn places(file: &Path) -> impl Iterator<Item = PathBuf> {
    let linked = file.canonicalize().ok();
    let places = [file.parent().map(Path::to_owned), linked.and_then(|file| file.parent().map(Path::to_owned))];
    places.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_reaches_what_its_configuration_names() {
        let config = Config::parse(
            "[server]\ncertificate = \"/srv/tls/chain.pem\"\n[tenant.a.ldap]\nservers = [\"ldap://x\"]\nca_file = \"/srv/ca/x.pem\"\n",
        )
        .unwrap();
        let reach = reach(Path::new("/srv/vestibule"), &config, &["unix:/run/v/s".to_owned(), "unix:s".to_owned()]);
        for path in ["/srv/tls", "/srv/ca"] {
            assert!(reach.read.contains(&path.into()) && !reach.write.contains(&path.into()), "{path}");
        }
        assert!(["/srv/vestibule", "/run/v"].iter().all(|path| reach.write.contains(&path.into())));
        assert!(!reach.write.iter().chain(&reach.run).any(|path| path == Path::new("/") || path == Path::new("/srv")));
    }
}
