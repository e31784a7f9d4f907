//! Sockets: where requests come in, over TCP, TLS or a Unix socket, until the host ends.
//!
//! Not for: what is asked.

mod connection;
mod connection_limit;
mod files;
mod head;
mod shutdown;
mod tls;
mod unix;
mod write_timeout;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub use connection::Limits;
use connection::Stream;
pub use connection_limit::ConnectionLimit;
pub use files::{connections, files_for_work, raise_files};
pub use shutdown::{Shutdown, Trigger};
pub use tls::{Tls, TlsError};
pub use unix::{Operators, SocketMode, bind as bind_unix, peer as unix_peer};

use crate::access::Peer;

/// After an error of the system, such as too many open files, the next connection is waited for so long.
const PAUSE: Duration = Duration::from_millis(100);

/// A socket that is listened on.
pub enum Listener {
    /// TCP, in clear: for this machine, or behind something that speaks TLS.
    Tcp(TcpListener),
    /// TCP with TLS.
    Tls(TcpListener, Tls),
    /// A Unix socket, and who needs no token there.
    Unix(UnixListener, Operators),
}

/// Answers requests on these sockets until the end, and then those that are under way. All sockets share the places.
pub async fn serve(
    listeners: Vec<Listener>,
    router: Router,
    shutdown: Shutdown,
    limits: Limits,
    places: ConnectionLimit,
) {
    // Every connection has an end of it that nothing is ever sent through.
    let (open, mut all_closed) = mpsc::channel::<Infallible>(1);
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(accept(listener, router.clone(), shutdown.clone(), places.clone(), limits, open.clone()));
    }
    drop(open);
    while accepting.join_next().await.is_some() {}
    if tokio::time::timeout(limits.shutdown_timeout, all_closed.recv()).await.is_err() {
        tracing::warn!("connections were still open when the time for an orderly end was over");
    }
}

async fn accept(
    listener: Listener,
    router: Router,
    mut shutdown: Shutdown,
    places: ConnectionLimit,
    limits: Limits,
    open: mpsc::Sender<Infallible>,
) {
    loop {
        let accepted = tokio::select! {
            () = shutdown.wait() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let place = tokio::select! {
            () = shutdown.wait() => return,
            place = places.give(&peer.owner) => place,
        };
        let Some(place) = place else {
            tracing::debug!(origin = %peer.origin, "somebody has too many connections");
            continue;
        };
        let (router, shutdown, open) = (router.clone(), shutdown.clone(), open.clone());
        tokio::spawn(async move {
            connection::serve(stream, peer, router, shutdown, &limits).await;
            drop((place, open));
        });
    }
}

impl Listener {
    /// Where it listens, if that is an address.
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) | Self::Tls(listener, _) => listener.local_addr().ok(),
            Self::Unix(..) => None,
        }
    }

    async fn accept(&self) -> io::Result<(Stream, Peer)> {
        Ok(match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                (Stream::Tcp(stream), Peer::remote(address.ip()))
            }
            Self::Tls(listener, tls) => {
                let (stream, address) = listener.accept().await?;
                (Stream::Tls(stream, tls.clone()), Peer::remote(address.ip()))
            }
            Self::Unix(listener, operators) => {
                let (stream, _) = listener.accept().await?;
                let peer = unix::peer(&stream, *operators)?;
                (Stream::Unix(stream), peer)
            }
        })
    }
}
