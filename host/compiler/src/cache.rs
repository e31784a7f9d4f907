//! Compiled policies kept between runs: sealed artefacts, and the key of their seals, in a directory of one user.
//!
//! Not for: believing an artefact; its seal is checked by the sandbox, whatever this directory holds.

use std::fs::DirBuilder;
use std::io::{self, BufWriter, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::SystemTime;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, Metadata, MetadataExt as _, OpenOptions, OpenOptionsExt as _};
use vestibule_os::file;
use vestibule_sandbox::{Artefact, Key};

use crate::purpose::Purpose;

const KEY_FILE: &str = "key";
/// What the name of an artefact ends with that no login has needed yet.
const UNUSED: &str = ".unused";
/// The part of the cache that such artefacts may take: whoever uploads one version after the other drives out no tenant's own.
const PART_OF_UNUSED: u64 = 4;

/// An open cache.
pub struct Cache {
    directory: Dir,
    key: Key,
    most_bytes: u64,
}

/// Why a directory is no cache.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system says no.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Somebody else could read the key, or put artefacts there.
    #[error("the cache's {0} belongs to another user, or is open to others")]
    NotPrivate(&'static str),
    /// Cut short, or not a key.
    #[error("the cache's key is damaged: remove the cache")]
    BadKey,
}

impl Cache {
    /// Opens the cache in a directory, and makes both if they are not there. All artefacts together may take so many bytes, and those that
    /// no login has needed yet a quarter of it: those that were needed last are kept.
    ///
    /// # Errors
    /// [`Error`], if the directory or the key in it cannot be used.
    pub fn open(path: &Path, most_bytes: u64) -> Result<Self, Error> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let directory = Dir::open_ambient_dir(path, ambient_authority())?;
        ensure_private("directory", &directory.dir_metadata()?, 0o022)?;
        let key = match read_key(&directory) {
            Err(Error::Io(error)) if error.kind() == ErrorKind::NotFound => make_key(&directory)?,
            other => other?,
        };
        Ok(Self { directory, key, most_bytes })
    }

    /// What seals this cache's artefacts.
    pub(crate) const fn key(&self) -> &Key {
        &self.key
    }

    /// Where a component's artefact is kept, by its SHA-256, and how large it is. What cannot be opened is as good as not kept.
    pub(crate) fn find(&self, digest: &str, purpose: Purpose) -> Option<(std::fs::File, u64)> {
        let unused = format!("{digest}{UNUSED}");
        let file = file::open_in(&self.directory, digest).or_else(|_| {
            let file = file::open_in(&self.directory, &unused)?;
            if purpose == Purpose::Login {
                self.directory.rename(&unused, &self.directory, digest)?;
            }
            Ok::<_, io::Error>(file)
        });
        let file = file.ok()?.into_std();
        let bytes = file.metadata().ok()?.len();
        // What is needed now is kept longest. Where the time cannot be set, it is the one of writing.
        let _ = file.set_modified(now());
        Some((file, bytes))
    }

    /// Keeps an artefact. Whoever reads meanwhile sees the old one or the new one.
    pub(crate) fn store(&self, digest: &str, purpose: Purpose, artefact: &Artefact) -> io::Result<()> {
        self.put(digest, purpose, |file| artefact.write(file))
    }

    fn put(
        &self,
        digest: &str,
        purpose: Purpose,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> io::Result<()> {
        let kept = match purpose {
            Purpose::Login => digest.to_owned(),
            Purpose::Administration => format!("{digest}{UNUSED}"),
        };
        let (name, file) = create(&self.directory)?;
        let mut file = BufWriter::new(file);
        let written = write(&mut file).and_then(|()| file.flush());
        let written = written.and_then(|()| self.directory.rename(&name, &self.directory, &kept));
        if written.is_err() {
            let _ = self.directory.remove_file(&name);
        }
        written.and_then(|()| self.prune())
    }

    /// Removes what was not needed for longest, until the rest fits.
    fn prune(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in self.directory.entries()? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if metadata.is_file() && is_artefact(&entry.file_name().to_string_lossy()) {
                let needed = metadata.modified().map_or(SystemTime::UNIX_EPOCH, |time| time.into_std());
                files.push((needed, metadata.len(), entry.file_name()));
            }
        }
        files.sort_unstable_by(|one, other| other.cmp(one));
        let (mut total, mut unused) = (0_u64, 0_u64);
        for (_, size, name) in files {
            let is_unused = name.to_string_lossy().ends_with(UNUSED);
            let (all, idle) = (total.saturating_add(size), unused.saturating_add(if is_unused { size } else { 0 }));
            if all > self.most_bytes || is_unused && idle > self.most_bytes / PART_OF_UNUSED {
                self.directory.remove_file(name)?;
            } else {
                (total, unused) = (all, idle);
            }
        }
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "no login: it is the order of files on a disk")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// Artefacts are named by a SHA-256; whatever else lies in the directory is somebody's own.
fn is_artefact(name: &str) -> bool {
    let name = name.strip_suffix(UNUSED).unwrap_or(name);
    name.len() == 64 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn read_key(directory: &Dir) -> Result<Key, Error> {
    let file = file::open_in(directory, KEY_FILE)?;
    ensure_private("key", &file.metadata()?, 0o077)?;
    let mut bytes = Vec::new();
    file.take(64).read_to_end(&mut bytes)?;
    let bytes = bytes.try_into().map_err(|_| Error::BadKey)?;
    Ok(Key::from_bytes(bytes))
}

/// Makes a key that appears at once and whole. Where another process was faster, its key counts.
fn make_key(directory: &Dir) -> Result<Key, Error> {
    let (name, mut file) = create(directory)?;
    file.write_all(Key::generate().expose())?;
    file.sync_all()?;
    let linked = directory.hard_link(&name, directory, KEY_FILE);
    directory.remove_file(&name)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error.into()),
        _ => read_key(directory),
    }
}

/// Makes a file that only its owner may read, under a name that nobody uses yet.
fn create(directory: &Dir) -> io::Result<(String, File)> {
    let name = format!("new-{:016x}", rand::random::<u64>());
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let file = directory.open_with(&name, &options)?;
    Ok((name, file))
}

/// Our own, and none of these permissions given.
fn ensure_private(what: &'static str, metadata: &Metadata, forbidden: u32) -> Result<(), Error> {
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    if ours && metadata.mode() & forbidden == 0 { Ok(()) } else { Err(Error::NotPrivate(what)) }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_kept_comes_back_and_nobody_else_may_read_it() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/b");
        Cache::open(&path, 1 << 20).unwrap().put("abc", Purpose::Login, |file| file.write_all(b"artefact")).unwrap();
        let again = Cache::open(&path, 1 << 20).unwrap();
        let (mut file, bytes) = again.find("abc", Purpose::Login).unwrap();
        let mut kept = String::new();
        file.read_to_string(&mut kept).unwrap();
        assert_eq!((&*kept, bytes), ("artefact", 8));
        assert!(again.find("abd", Purpose::Login).is_none());
        assert_eq!((mode(&path), mode(&path.join("abc")), mode(&path.join(KEY_FILE))), (0o700, 0o600, 0o600));
        assert_eq!(fs::read_dir(&path).unwrap().count(), 2);
    }

    /// Keeps so many bytes under a digest of this digit.
    fn keep(cache: &Cache, digit: char, purpose: Purpose, bytes: usize) {
        cache.put(&digest(digit), purpose, |file| file.write_all(&vec![0; bytes])).unwrap();
        // So that what is needed later is later to the file system, too.
        std::thread::sleep(std::time::Duration::from_millis(20));
    }

    fn digest(digit: char) -> String {
        digit.to_string().repeat(64)
    }

    #[test]
    fn what_was_needed_last_is_kept_and_what_was_only_uploaded_takes_a_quarter() {
        let home = tempfile::tempdir().unwrap();
        let cache = Cache::open(home.path(), 1000).unwrap();
        let kept = |digit| cache.directory.exists(digest(digit)) || cache.directory.exists(digest(digit) + UNUSED);
        keep(&cache, 'a', Purpose::Login, 400);
        keep(&cache, 'b', Purpose::Login, 400);
        "0123456789".chars().for_each(|digit| keep(&cache, digit, Purpose::Administration, 100));
        assert!(kept('a') && kept('b') && kept('8') && kept('9') && !kept('7'));
        // One that a login needs is no longer only uploaded, and `a` is needed again.
        assert!(cache.find(&digest('8'), Purpose::Login).is_some());
        assert!(cache.find(&digest('a'), Purpose::Administration).is_some());
        keep(&cache, 'c', Purpose::Login, 400);
        assert!(kept('a') && kept('c') && kept('8') && !kept('b'));
    }

    #[test]
    fn the_key_stays_the_same() {
        let home = tempfile::tempdir().unwrap();
        let keys = [(); 2].map(|()| *Cache::open(home.path(), 1 << 20).unwrap().key().expose());
        assert_eq!(keys[0], keys[1]);
    }

    #[test]
    fn a_directory_or_key_that_others_can_reach_is_no_cache() {
        let home = tempfile::tempdir().unwrap();
        drop(Cache::open(home.path(), 1 << 20).unwrap());
        fs::set_permissions(home.path().join(KEY_FILE), Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Cache::open(home.path(), 1 << 20), Err(Error::NotPrivate("key"))));
        fs::set_permissions(home.path(), Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(Cache::open(home.path(), 1 << 20), Err(Error::NotPrivate("directory"))));
    }

    #[test]
    fn what_is_no_file_is_not_kept_and_no_key() {
        let home = tempfile::tempdir().unwrap();
        let cache = Cache::open(home.path(), 1 << 20).unwrap();
        fs::create_dir(home.path().join("abc")).unwrap();
        assert!(cache.find("abc", Purpose::Login).is_none());
        fs::remove_file(home.path().join(KEY_FILE)).unwrap();
        fs::create_dir(home.path().join(KEY_FILE)).unwrap();
        let refused = Cache::open(home.path(), 1 << 20).err().map(|error| error.to_string());
        assert_eq!(refused.as_deref(), Some("it is a directory, not a file"));
    }

    #[test]
    fn a_damaged_key_is_not_used() {
        let home = tempfile::tempdir().unwrap();
        drop(Cache::open(home.path(), 1 << 20).unwrap());
        fs::write(home.path().join(KEY_FILE), b"short").unwrap();
        assert!(matches!(Cache::open(home.path(), 1 << 20), Err(Error::BadKey)));
    }
}
