//! One connection: HTTP/1.1, with bounds on how long it may say nothing, and hear nothing, and on the memory that it takes.
//!
//! Not for: HTTP/2. Telling the two apart takes a first byte that may never come, and no timer of hyper's runs until then.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tower::ServiceExt as _;

use super::head::{self, MAX_READ_BYTES};
use super::shutdown::Shutdown;
use super::tls::Tls;
use super::write_timeout::WriteTimeout;
use crate::access::Peer;

/// How long a TLS handshake may take.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);
/// The most memory that a connection takes besides bodies and answers: what is read ahead, twice while it grows, a head as it is parsed,
/// what waits to be written, and TLS with a record in each direction in clear and in cipher.
pub(super) const MAX_CONNECTION_BYTES: u64 = 128 << 10;

/// How long connections may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a client may take for the head of its next request, the first one included, and so how long a connection may be
    /// idle. Default 75 s.
    pub head_patience: Duration,
    /// How long a client may take none of an answer that waits for it, and how long the network may take to confirm what was sent.
    /// Default 30 s.
    pub write_timeout: Duration,
    /// How long requests that are under way may take when the host ends. Default 20 s.
    pub shutdown_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let [head_patience, write_timeout, shutdown_timeout] = [75, 30, 20].map(Duration::from_secs);
        Self { head_patience, write_timeout, shutdown_timeout }
    }
}

/// The other end of a socket, before anything was said.
pub(super) enum Stream {
    Tcp(TcpStream),
    Tls(TcpStream, Tls),
    Unix(tokio::net::UnixStream),
}

pub(super) async fn serve(stream: Stream, peer: Peer, router: Router, shutdown: Shutdown, limits: &Limits) {
    match stream {
        Stream::Tcp(stream) => {
            set_up(&stream, limits);
            speak(stream, peer, router, shutdown, limits).await;
        }
        Stream::Unix(stream) => speak(stream, peer, router, shutdown, limits).await,
        Stream::Tls(stream, tls) => {
            set_up(&stream, limits);
            match tokio::time::timeout(HANDSHAKE_PATIENCE, tls.accept(stream)).await {
                Ok(Ok(stream)) => speak(stream, peer, router, shutdown, limits).await,
                Ok(Err(error)) => tracing::debug!(%error, origin = %peer.origin, "a TLS handshake failed"),
                Err(_) => tracing::debug!(origin = %peer.origin, "a TLS handshake took too long"),
            }
        }
    }
}

/// The kernel gives up on a peer that confirms nothing of what small answers and events have left with it: no write waits then.
fn set_up(stream: &TcpStream, limits: &Limits) {
    let _ = stream.set_nodelay(true);
    let _ = SockRef::from(stream).set_tcp_user_timeout(Some(limits.write_timeout));
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    router: Router,
    mut shutdown: Shutdown,
    limits: &Limits,
) {
    let service = service_fn(move |request| answer(router.clone(), peer.clone(), request));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.head_patience).keep_alive(true);
    // Of a body, too, no more is read ahead; and as much of an answer is written at once.
    builder.max_buf_size(MAX_READ_BYTES);
    let stream = TokioIo::new(WriteTimeout::new(stream, limits.write_timeout));
    let connection = builder.serve_connection(stream, service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.wait() => {
            // What is under way is answered, and nothing else is taken.
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

async fn answer(router: Router, peer: Peer, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    if let Err(problem) = head::ensure_short(&request) {
        return Ok(problem.into_response());
    }
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(peer);
    router.oneshot(request).await
}
