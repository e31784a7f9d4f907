//! Components on their way in: on disk until all of it is there, and in memory one at a time.
//!
//! Not for: what a component is.

use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use vestibule_ledger::{Ledger, Owner, Turn, Turns, Waiting};
use vestibule_sandbox::MAX_COMPONENT_BYTES;
use vestibule_store::Store;

use crate::body::Unread;
use crate::problem::{Problem, Result};

/// What one owner may have on disk, and how many of its requests wait for that.
const ON_DISK: Waiting = Waiting { inside: 2, waiting: 8 };
/// What one owner may have in memory.
const IN_MEMORY: Waiting = Waiting { inside: 1, waiting: 8 };
/// How long a request waits for a place on disk: as long as for a body that does not come.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is written to a file at once, in bytes.
const PIECE_BYTES: usize = 64 << 10;

/// Where components are on their way.
pub(crate) struct Spool {
    store: Store,
    directory: PathBuf,
    on_disk: Turns,
    in_memory: Turns,
}

/// A component in a file without a name, which goes when this is dropped.
pub(crate) struct Spooled {
    file: File,
    bytes: u64,
    _turn: Turn,
}

/// A component in memory.
pub(crate) struct InMemory {
    pub(crate) wasm: Vec<u8>,
    _turn: Turn,
}

impl Spool {
    /// With files in this directory.
    pub(crate) fn new(store: Store, directory: PathBuf, ledger: &Ledger) -> Self {
        let (on_disk, in_memory) = (ledger.uploads().clone(), ledger.components().clone());
        Self { store, directory, on_disk, in_memory }
    }

    /// Takes a body to disk, once it is its owner's turn, and as long as logins can be decided on: a disk that has no more left than what
    /// is kept free for them takes no component. Nothing of it is read before.
    pub(crate) async fn receive(&self, payer: &Owner, body: Unread) -> Result<Spooled> {
        let turn = timeout(PATIENCE, self.on_disk.enter(payer, ON_DISK)).await.map_err(|_| late())??;
        self.store.check().await?;
        let mut pieces = body.pieces(MAX_COMPONENT_BYTES as u64)?;
        let mut file = file_in(&self.directory).await.map_err(failed)?;
        let mut bytes = 0;
        while let Some(piece) = pieces.next().await? {
            file.write_all(&piece).await.map_err(failed)?;
            bytes += piece.len() as u64;
        }
        rewind(&mut file).await.map_err(failed)?;
        Ok(Spooled { file, bytes, _turn: turn })
    }

    /// All of what is on disk, once it is its owner's turn.
    pub(crate) async fn whole(&self, payer: &Owner, spooled: Spooled) -> Result<InMemory> {
        let turn = self.in_memory.enter(payer, IN_MEMORY).await?;
        let Spooled { mut file, bytes, .. } = spooled;
        let mut wasm = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
        file.read_to_end(&mut wasm).await.map_err(failed)?;
        Ok(InMemory { wasm, _turn: turn })
    }
}

async fn file_in(directory: &Path) -> io::Result<File> {
    let directory = directory.to_owned();
    let file = tokio::task::spawn_blocking(move || tempfile::tempfile_in(directory)).await?;
    let mut file = File::from_std(file?);
    file.set_max_buf_size(PIECE_BYTES);
    Ok(file)
}

async fn rewind(file: &mut File) -> io::Result<()> {
    file.flush().await?;
    file.seek(SeekFrom::Start(0)).await.map(drop)
}

fn late() -> Problem {
    Problem::overloaded(format!("no place for an upload became free within {} seconds", PATIENCE.as_secs()))
}

fn failed(error: io::Error) -> Problem {
    tracing::error!(%error, "a component cannot be spooled in the data directory");
    Problem::unavailable("the component cannot be kept on disk while it is on its way")
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::{Body, Bytes};
    use axum::http::StatusCode;
    use axum::response::IntoResponse as _;
    use futures_util::stream;
    use vestibule_domain::TenantName;
    use vestibule_ledger::Budget;

    use super::*;

    async fn spool(directory: &Path) -> Spool {
        let budget = Budget {
            memory_bytes: 1 << 30,
            code_bytes: 1 << 28,
            connections: 64,
            files: 512,
            concurrent_logins: 64,
            processors: 2,
        };
        let store = Store::open(&directory.join("data")).await.unwrap();
        let spool = directory.join("spool");
        std::fs::create_dir(&spool).unwrap();
        Spool::new(store, spool, &Ledger::new(budget))
    }

    fn tenant(name: &str) -> Owner {
        Owner::Tenant(TenantName::new(name).unwrap())
    }

    fn unfinished() -> Unread {
        Unread::of(Body::from_stream(stream::pending::<std::result::Result<Bytes, Infallible>>()))
    }

    #[tokio::test]
    async fn unfinished_uploads_wait_on_disk_and_leave_places_for_others() {
        let home = tempfile::tempdir().unwrap();
        let spool = spool(home.path()).await;
        let (flood, calm) = (tenant("flood"), tenant("calm"));
        let mut waiting: Vec<_> = (0..10).map(|_| Box::pin(spool.receive(&flood, unfinished()))).collect();
        for upload in &mut waiting {
            assert!(futures_util::poll!(upload).is_pending());
        }
        assert_eq!((spool.on_disk.usage().0, spool.on_disk.waiting()), (2, 8));
        assert!(spool.receive(&flood, unfinished()).await.is_err(), "the eleventh is refused");
        let spooled = spool.receive(&calm, Unread::of(Body::from("component"))).await.unwrap();
        assert_eq!((spooled.bytes, spool.in_memory.usage().0), (9, 0));
        let whole = spool.whole(&calm, spooled).await.unwrap();
        assert_eq!((whole.wasm.as_slice(), spool.in_memory.usage().0), (&b"component"[..], 1));
        drop((whole, waiting));
        assert_eq!((spool.on_disk.usage().0, spool.in_memory.usage().0), (0, 0), "whoever has gone holds nothing");
        assert_eq!(std::fs::read_dir(&spool.directory).unwrap().count(), 0, "no file has a name");
    }

    #[tokio::test]
    async fn nothing_is_spooled_to_what_the_host_keeps_free() {
        let home = tempfile::tempdir().unwrap();
        let spool = spool(home.path()).await;
        spool.store.keep_free(u64::MAX);
        let refused = spool.receive(&tenant("a"), Unread::of(Body::from("component"))).await.err().unwrap();
        assert_eq!(refused.into_response().status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(spool.on_disk.usage().0, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_long_for_a_place_is_told_to_come_back() {
        let home = tempfile::tempdir().unwrap();
        let spool = spool(home.path()).await;
        let mut taken = Vec::new();
        while let Ok(turn) = timeout(Duration::ZERO, spool.on_disk.enter(&tenant("a"), ON_DISK)).await {
            taken.push(turn.unwrap());
        }
        let refused = spool.receive(&tenant("a"), unfinished()).await.err().unwrap().into_response();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers()["retry-after"], "1");
        assert_eq!(spool.on_disk.waiting(), 0);
    }
}
