//! A client that asks on one connection as long as that lasts, and on a new one when it does not.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpSocket, TcpStream};

/// Addresses from which the attack comes.
const ATTACKERS: u8 = 8;

/// Whoever asks with a token, or with none.
pub(super) struct Client {
    from: Ipv4Addr,
    address: SocketAddr,
    token: String,
    open: Option<SendRequest<Full<Bytes>>>,
}

/// A status and a body, or nothing where the connection broke off.
pub(super) type Said = Option<(u16, Bytes)>;

impl Client {
    /// Somebody whom nobody attacks with.
    pub(super) fn new(address: SocketAddr, token: &str) -> Self {
        Self { from: Ipv4Addr::LOCALHOST, address, token: token.to_owned(), open: None }
    }

    /// One of the attackers.
    pub(super) fn attacking(address: SocketAddr, token: &str, member: usize) -> Self {
        Self { from: attacker(member), ..Self::new(address, token) }
    }

    pub(super) async fn get(&mut self, path: &str) -> Said {
        self.ask("GET", path, "", Bytes::new(), &[]).await
    }

    pub(super) async fn post(&mut self, path: &str, body: impl Into<Bytes>) -> Said {
        self.ask("POST", path, "application/json", body.into(), &[]).await
    }

    pub(super) async fn ask(
        &mut self,
        method: &str,
        path: &str,
        kind: &str,
        body: Bytes,
        headers: &[(&str, &str)],
    ) -> Said {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        if !kind.is_empty() {
            request = request.header("content-type", kind);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let said = self.exchange(request.body(Full::new(body)).ok()?).await;
        if said.is_none() {
            self.open = None;
        }
        said
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Said {
        let mut sender = match self.open.take().filter(|open| !open.is_closed()) {
            Some(open) => open,
            None => {
                let stream = connect(self.from, self.address).await.ok()?;
                stream.set_nodelay(true).ok()?;
                let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
                tokio::spawn(connection);
                sender
            }
        };
        sender.ready().await.ok()?;
        let response = sender.send_request(request).await.ok()?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.ok()?.to_bytes();
        self.open = Some(sender);
        Some((status, body))
    }
}

/// Where one of the attackers is.
pub(super) fn attacker(member: usize) -> Ipv4Addr {
    let number = u8::try_from(member % usize::from(ATTACKERS)).unwrap();
    Ipv4Addr::new(127, 0, 1, number + 1)
}

/// A connection from one of this machine's addresses.
pub(super) async fn connect(from: Ipv4Addr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    socket.connect(to).await
}
