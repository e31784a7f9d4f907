//! Sockets: where requests come in, over TCP, TLS or a Unix socket, until the host ends.
//!
//! Not for: what is asked.

mod connection;
mod files;
mod head;
mod patient;
mod places;
mod tls;
mod unix;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

pub use files::{connections, files_for_work, raise_files};
pub use places::Places;
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

/// How long connections may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a client may take for the head of its next request, the first one included, and so how long a connection may be
    /// idle. Default 75 s.
    pub head_patience: Duration,
    /// How long a client may take none of an answer that waits for it, and how long the network may take to confirm what was sent.
    /// Default 30 s.
    pub write_patience: Duration,
    /// How long requests that are under way may take when the host ends. Default 20 s.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let [head_patience, write_patience, patience] = [75, 30, 20].map(Duration::from_secs);
        Self { head_patience, write_patience, patience }
    }
}

/// Says that the host ends.
#[derive(Clone)]
pub struct Shutdown(watch::Receiver<bool>);

/// Ends the host when it is told to, or dropped.
pub struct Trigger(watch::Sender<bool>);

impl Shutdown {
    /// Both ends of it.
    pub fn new() -> (Trigger, Self) {
        let (sender, receiver) = watch::channel(false);
        (Trigger(sender), Self(receiver))
    }

    /// Waits until the host ends.
    pub async fn wait(&mut self) {
        let _ = self.0.wait_for(|ends| *ends).await;
    }
}

impl Trigger {
    /// Ends the host.
    pub fn pull(&self) {
        let _ = self.0.send(true);
    }
}

/// Answers requests on these sockets until the end, and then those that are under way. All sockets share the places.
pub async fn serve(listeners: Vec<Listener>, router: Router, shutdown: Shutdown, limits: Limits, places: Places) {
    // Every connection has an end of it that nothing is ever sent through.
    let (open, mut all_closed) = mpsc::channel::<Infallible>(1);
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(accept(listener, router.clone(), shutdown.clone(), places.clone(), limits, open.clone()));
    }
    drop(open);
    while accepting.join_next().await.is_some() {}
    if tokio::time::timeout(limits.patience, all_closed.recv()).await.is_err() {
        tracing::warn!("connections were still open when the host's patience ended");
    }
}

async fn accept(
    listener: Listener,
    router: Router,
    mut shutdown: Shutdown,
    places: Places,
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

/// The other end of a socket, before anything was said.
enum Stream {
    Tcp(tokio::net::TcpStream),
    Tls(tokio::net::TcpStream, Tls),
    Unix(tokio::net::UnixStream),
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
