//! Sockets: where requests come in, over TCP, TLS or a Unix socket, until the host ends.
//!
//! Not for: what is asked.

mod connection;
mod patient;
mod places;
mod tls;
mod unix;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use tls::{Tls, TlsError};
pub use unix::{Operators, SocketMode, bind as bind_unix, peer as unix_peer};

use crate::access::Peer;
use places::{Place, Places};

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

/// What the connections of a listener may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; more wait. Each takes a few kilobytes and a file. Default 16,384.
    pub connections: u32,
    /// Those of them that come from one address over the network; more are closed. Default 1,024: a sixteenth.
    pub of_one_peer: u32,
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
        Self { connections: 16_384, of_one_peer: 1_024, head_patience, write_patience, patience }
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

/// Answers requests on these sockets until the end, and then those that are under way. Each socket has these limits for itself: who
/// fills one shuts nobody out of the others.
pub async fn serve(listeners: Vec<Listener>, router: Router, shutdown: Shutdown, limits: Limits) {
    let places: Vec<_> = listeners.iter().map(|_| Places::new(&limits)).collect();
    let mut accepting = JoinSet::new();
    for (listener, places) in listeners.into_iter().zip(&places) {
        accepting.spawn(accept(listener, router.clone(), shutdown.clone(), Arc::clone(places), limits));
    }
    while accepting.join_next().await.is_some() {}
    let all = async {
        for places in &places {
            places.wait_for_all().await;
        }
    };
    if tokio::time::timeout(limits.patience, all).await.is_err() {
        tracing::warn!("connections were still open when the host's patience ended");
    }
}

async fn accept(listener: Listener, router: Router, mut shutdown: Shutdown, places: Arc<Places>, limits: Limits) {
    loop {
        let accepted = tokio::select! {
            () = shutdown.wait() => return,
            accepted = listener.accept(&places) => accepted,
        };
        match accepted {
            Ok((stream, peer, Some(place))) => {
                let (router, shutdown) = (router.clone(), shutdown.clone());
                tokio::spawn(async move {
                    connection::serve(stream, peer, router, shutdown, &limits).await;
                    drop(place);
                });
            }
            Ok((_, peer, None)) => tracing::debug!(origin = %peer.origin, "an address has too many connections"),
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
            Self::Unix(..) => None,
        }
    }

    /// Waits for a place, and then for somebody to take it. Whoever has enough of them gets none.
    async fn accept(&self, places: &Arc<Places>) -> io::Result<(Stream, Peer, Option<Place>)> {
        let permit = places.wait().await.ok_or(io::ErrorKind::NotConnected)?;
        Ok(match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                (Stream::Tcp(stream), remote(address), places.give(permit, Some(address.ip())))
            }
            Self::Tls(listener, tls) => {
                let (stream, address) = listener.accept().await?;
                (Stream::Tls(stream, tls.clone()), remote(address), places.give(permit, Some(address.ip())))
            }
            Self::Unix(listener, operators) => {
                let (stream, _) = listener.accept().await?;
                let peer = unix::peer(&stream, *operators);
                (Stream::Unix(stream), peer, places.give(permit, None))
            }
        })
    }
}

fn remote(address: SocketAddr) -> Peer {
    Peer { origin: address.ip().to_string().into(), is_administrator: false }
}
