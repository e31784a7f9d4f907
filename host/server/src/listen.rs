//! Sockets: where requests come in, over TCP, TLS or a Unix socket, until the host ends.
//!
//! Not for: what is asked.

mod connection;
mod tls;
mod unix;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

pub use tls::{Tls, TlsError};
pub use unix::{bind as bind_unix, peer as unix_peer};

use crate::access::Peer;

/// Connections at once, on all sockets. Each takes a few kilobytes and a file.
const MAX_CONNECTIONS: usize = 16_384;
/// After an error of the system, such as too many open files, the next connection is waited for so long.
const PAUSE: Duration = Duration::from_millis(100);

/// A socket that is listened on.
pub enum Listener {
    /// TCP, in clear: for this machine, or behind something that speaks TLS.
    Tcp(TcpListener),
    /// TCP with TLS.
    Tls(TcpListener, Tls),
    /// A Unix socket.
    Unix(UnixListener),
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

/// Answers requests on these sockets until the end, and then those that are under way, for `patience` at most.
pub async fn serve(listeners: Vec<Listener>, router: Router, shutdown: Shutdown, patience: Duration) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(accept(listener, router.clone(), shutdown.clone(), Arc::clone(&places)));
    }
    while accepting.join_next().await.is_some() {}
    let all = u32::try_from(MAX_CONNECTIONS).unwrap_or(u32::MAX);
    if tokio::time::timeout(patience, places.acquire_many(all)).await.is_err() {
        tracing::warn!("connections were still open when the host's patience ended");
    }
}

async fn accept(listener: Listener, router: Router, mut shutdown: Shutdown, places: Arc<Semaphore>) {
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let accepted = tokio::select! {
            () = shutdown.wait() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (router, shutdown) = (router.clone(), shutdown.clone());
                tokio::spawn(async move {
                    connection::serve(stream, peer, router, shutdown).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
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
            Self::Unix(_) => None,
        }
    }

    async fn accept(&self) -> io::Result<(Stream, Peer)> {
        Ok(match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                (Stream::Tcp(stream), remote(address))
            }
            Self::Tls(listener, tls) => {
                let (stream, address) = listener.accept().await?;
                (Stream::Tls(stream, tls.clone()), remote(address))
            }
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                let peer = unix::peer(&stream);
                (Stream::Unix(stream), peer)
            }
        })
    }
}

fn remote(address: SocketAddr) -> Peer {
    Peer { origin: address.ip().to_string().into(), is_administrator: false }
}
