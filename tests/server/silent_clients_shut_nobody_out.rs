//! Clients that connect and say nothing, or hear nothing, have their share of the places, for a while; everybody else is served.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixStream};
use vestibule_ledger::{Pool, Resource, Share};
use vestibule_server::listen::{
    ConnectionLimit, Limits, Listener, Operators, Shutdown, SocketMode, Trigger, bind_unix, serve,
};

use crate::harness::{Reply, exchange};

/// Longer than a test.
const FOR_GOOD: Duration = Duration::from_secs(600);
const LIMITS: Limits = Limits { head_patience: FOR_GOOD, write_timeout: FOR_GOOD, shutdown_timeout: Duration::ZERO };
/// Connections from addresses, and those of one.
const CONNECTIONS: (usize, usize) = (16, 4);
/// Those of this machine, of which one user has half.
const LOCAL: usize = 8;
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
        let pool = |resource, total: usize, most: usize| Pool::new(resource, total as u64, Share { most: most as u64 });
        let network = pool(Resource::Connections, CONNECTIONS.0, CONNECTIONS.1);
        let places = ConnectionLimit::new(network, pool(Resource::LocalConnections, LOCAL, LOCAL));
        tokio::spawn(serve(
            vec![Listener::Tcp(tcp), Listener::Unix(unix, Operators::default())],
            router,
            shutdown,
            limits,
            places,
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

/// Whether anything is answered: the connection of a user who has too many is closed.
async fn says_something(mut stream: UnixStream) -> bool {
    let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut said = [0; 1];
    matches!(stream.read(&mut said).await, Ok(1))
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
    for stream in silent.iter_mut().skip(CONNECTIONS.1) {
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
    for from in 1..=32 {
        silent.extend(sockets.silent(from, 1).await);
    }
    is_alive(UnixStream::connect(sockets.path()).await.unwrap()).await;
    drop(silent);
    is_alive(sockets.connect(33).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_for_too_long_is_let_go() {
    let sockets = Sockets::open(Limits { head_patience: Duration::from_millis(200), ..LIMITS }).await;
    let mut silent = Vec::new();
    let beginnings = ["", "G", "GET /healthz HTTP/1.1\r\nhost: x\r\n", "PRI * HT"];
    for (from, said) in (1..=16).zip(beginnings.iter().cycle()) {
        for mut stream in sockets.silent(from, 1).await {
            stream.write_all(said.as_bytes()).await.unwrap();
            silent.push(stream);
        }
    }
    // All places are taken, and nobody has left.
    is_alive(sockets.connect(17).await).await;
    for mut stream in silent {
        is_closed(&mut stream).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_reads_an_answer_is_let_go() {
    const PATIENCE: Duration = Duration::from_millis(200);
    let sockets = Sockets::open(Limits { write_timeout: PATIENCE, ..LIMITS }).await;
    let (mut near, mut far) = (Vec::new(), Vec::new());
    for from in 1..=16 {
        for stream in sockets.silent(from, 1).await {
            far.push(asks_for_much(stream).await);
        }
    }
    for _ in 0..LOCAL / 2 {
        near.push(asks_for_much(UnixStream::connect(sockets.path()).await.unwrap()).await);
    }
    // All places are taken, and nobody has left.
    is_alive(sockets.connect(17).await).await;
    while !says_something(UnixStream::connect(sockets.path()).await.unwrap()).await {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Whoever began to read before its time is up would be served.
    tokio::time::sleep(10 * PATIENCE).await;
    for mut stream in far {
        let mut read = Vec::new();
        let _ = stream.read_to_end(&mut read).await;
        assert!(read.len() < MUCH);
    }
    drop(near);
}
