//! Clients that connect and say nothing, or hear nothing, have their share of the places, for a while; everybody else is served.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixStream};
use vestibule_server::listen::{Limits, Listener, Operators, Shutdown, SocketMode, Trigger, bind_unix, serve};

use crate::harness::{Reply, exchange};

/// Longer than a test.
const FOR_GOOD: Duration = Duration::from_secs(600);
const LIMITS: Limits = Limits {
    connections: 16,
    of_one_peer: 4,
    head_patience: FOR_GOOD,
    write_patience: FOR_GOOD,
    patience: Duration::ZERO,
};
/// More than all buffers between two sockets hold, in bytes.
const MUCH: usize = 64 << 20;

/// Sockets of both kinds that answer whether they are alive.
struct Sockets {
    home: TempDir,
    address: SocketAddr,
    _trigger: Trigger,
}

impl Sockets {
    async fn open(limits: Limits) -> Self {
        let home = tempfile::tempdir().unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap();
        let (trigger, shutdown) = Shutdown::new();
        let sockets = Self { home, address, _trigger: trigger };
        let unix = bind_unix(&sockets.path(), SocketMode::default()).await.unwrap();
        let router = axum::Router::new()
            .route("/healthz", axum::routing::get(|| async { "alive\n" }))
            .route("/much", axum::routing::get(|| async { vec![b'x'; MUCH] }));
        tokio::spawn(serve(
            vec![Listener::Tcp(tcp), Listener::Unix(unix, Operators::default())],
            router,
            shutdown,
            limits,
        ));
        sockets
    }

    fn path(&self) -> PathBuf {
        self.home.path().join("http.sock")
    }

    /// Connects from the last of these four numbers: all of 127.0.0.0/8 is this machine.
    async fn connect(&self, from: u8) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::new(127, 0, 0, from), 0).into()).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    async fn silent(&self, from: u8, count: usize) -> Vec<TcpStream> {
        futures_util::future::join_all((0..count).map(|_| self.connect(from))).await
    }
}

async fn is_alive<S>(stream: S)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let request = hyper::Request::get("/healthz").header("host", "localhost").body(Default::default()).unwrap();
    Reply::of(exchange(stream, request).await).await.is(200);
}

/// Asks for more than is ever read.
async fn asks_for_much<S: tokio::io::AsyncWrite + Unpin>(mut stream: S) -> S {
    stream.write_all(b"GET /much HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    stream
}

/// Waits until the other end closes, without having said anything.
async fn is_closed(stream: &mut TcpStream) {
    let mut said = Vec::new();
    // What was sent and not read makes a reset of the end.
    let _ = stream.read_to_end(&mut said).await;
    assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&said));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_its_share_of_a_listener() {
    let sockets = Sockets::open(LIMITS).await;
    let mut silent = sockets.silent(1, 64).await;
    for stream in silent.iter_mut().skip(LIMITS.of_one_peer as usize) {
        is_closed(stream).await;
    }
    is_alive(sockets.connect(2).await).await;
    drop(silent);
    is_alive(sockets.connect(2).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_is_full_keeps_nobody_from_another_one() {
    let sockets = Sockets::open(LIMITS).await;
    let mut silent = Vec::new();
    for from in 1..=8 {
        silent.extend(sockets.silent(from, LIMITS.of_one_peer as usize).await);
    }
    is_alive(UnixStream::connect(sockets.path()).await.unwrap()).await;
    drop(silent);
    is_alive(sockets.connect(9).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_for_too_long_is_let_go() {
    let sockets = Sockets::open(Limits { head_patience: Duration::from_millis(200), ..LIMITS }).await;
    let mut silent = Vec::new();
    for (from, said) in [(1, ""), (2, "G"), (3, "GET /healthz HTTP/1.1\r\nhost: x\r\n"), (4, "PRI * HT")] {
        for mut stream in sockets.silent(from, LIMITS.of_one_peer as usize).await {
            stream.write_all(said.as_bytes()).await.unwrap();
            silent.push(stream);
        }
    }
    // The listener is full, and nobody has left.
    is_alive(sockets.connect(5).await).await;
    for mut stream in silent {
        is_closed(&mut stream).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_reads_an_answer_is_let_go() {
    let sockets = Sockets::open(Limits { write_patience: Duration::from_millis(200), ..LIMITS }).await;
    let (mut near, mut far) = (Vec::new(), Vec::new());
    for from in 1..=4 {
        for stream in sockets.silent(from, LIMITS.of_one_peer as usize).await {
            far.push(asks_for_much(stream).await);
        }
    }
    for _ in 0..LIMITS.connections {
        near.push(asks_for_much(UnixStream::connect(sockets.path()).await.unwrap()).await);
    }
    // Both listeners are full, and nobody has left.
    is_alive(sockets.connect(5).await).await;
    is_alive(UnixStream::connect(sockets.path()).await.unwrap()).await;
    for mut stream in far {
        let mut read = Vec::new();
        let _ = stream.read_to_end(&mut read).await;
        assert!(read.len() < MUCH);
    }
    drop(near);
}
