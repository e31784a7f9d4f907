//! One connection: HTTP/1.1, with bounds on how long it may say nothing.
//!
//! Not for: HTTP/2. Telling the two apart takes a first byte that may never come, and no timer of hyper's runs until then.

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::ServiceExt as _;

use super::{Shutdown, Stream};
use crate::access::Peer;

/// How long a TLS handshake may take.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn serve(stream: Stream, peer: Peer, router: Router, shutdown: Shutdown, head_patience: Duration) {
    match stream {
        Stream::Tcp(stream) => {
            let _ = stream.set_nodelay(true);
            speak(stream, peer, router, shutdown, head_patience).await;
        }
        Stream::Unix(stream) => speak(stream, peer, router, shutdown, head_patience).await,
        Stream::Tls(stream, tls) => {
            let _ = stream.set_nodelay(true);
            match tokio::time::timeout(HANDSHAKE_PATIENCE, tls.accept(stream)).await {
                Ok(Ok(stream)) => speak(stream, peer, router, shutdown, head_patience).await,
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
    head_patience: Duration,
) {
    let service = router.map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer.clone());
        request
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head_patience).keep_alive(true);
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
        tracing::debug!(%error, "a connection broke off");
    }
}
