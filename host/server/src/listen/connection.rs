//! One connection: HTTP/1.1 or HTTP/2, with bounds on how long it may say nothing.

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::ServiceExt as _;

use super::{Shutdown, Stream};
use crate::access::Peer;

/// How long a client may take for the head of its next request, and so how long a connection may be idle.
const HEAD_PATIENCE: Duration = Duration::from_secs(75);
/// How long a TLS handshake may take.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);
/// The most streams of one HTTP/2 connection.
const MAX_STREAMS: u32 = 128;

pub(super) async fn serve(stream: Stream, peer: Peer, router: Router, shutdown: Shutdown) {
    match stream {
        Stream::Tcp(stream) => {
            let _ = stream.set_nodelay(true);
            speak(stream, peer, router, shutdown).await;
        }
        Stream::Unix(stream) => speak(stream, peer, router, shutdown).await,
        Stream::Tls(stream, tls) => {
            let _ = stream.set_nodelay(true);
            match tokio::time::timeout(HANDSHAKE_PATIENCE, tls.accept(stream)).await {
                Ok(Ok(stream)) => speak(stream, peer, router, shutdown).await,
                Ok(Err(error)) => tracing::debug!(%error, origin = %peer.origin, "a TLS handshake failed"),
                Err(_) => tracing::debug!(origin = %peer.origin, "a TLS handshake took too long"),
            }
        }
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    router: Router,
    mut shutdown: Shutdown,
) {
    let service = router.map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer.clone());
        request
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(MAX_STREAMS).keep_alive_interval(HEAD_PATIENCE);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
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
        tracing::debug!(error, "a connection broke off");
    }
}
