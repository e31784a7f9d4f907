//! A connection's bytes: in clear or under TLS, sent, and received as whole messages that have been measured.
//!
//! Not for: what a message means.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::BytesMut;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use vestibule_domain::text::log_text;

use super::ber::{self, Unreadable};
use crate::name::Name;

/// How much is read at once.
const CHUNK_BYTES: usize = 4 * 1024;

/// What one message may be at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) bytes: usize,
    pub(super) elements: usize,
}

/// A message that has been measured, with how many elements it has.
pub(super) struct Message {
    pub(super) bytes: BytesMut,
    pub(super) elements: usize,
}

/// Why no message was received.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreceived {
    /// What comes is not read, such as a message beyond the bounds.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// Nothing comes any more.
    #[error("{0}")]
    Ended(String),
}

pub(super) struct Wire {
    stream: Stream,
    /// What was read and is no message's yet.
    received: BytesMut,
}

enum Stream {
    Clear(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Wire {
    /// Connects to the first address that answers; each has its share of the time, as the first may lead nowhere.
    pub(super) async fn connect(name: &Name, within: Duration) -> Result<Self, String> {
        let addresses = name.addresses().await?;
        let share = within / u32::try_from(addresses.len()).unwrap_or(1).max(1);
        let mut failure = "the name has no address".to_owned();
        for address in addresses {
            match timeout(share, connected(address)).await {
                Ok(Ok(stream)) => return Ok(Self { stream: Stream::Clear(stream), received: BytesMut::new() }),
                Ok(Err(error)) => failure = failed("connect", &error),
                Err(_) => failure = "connect: no answer in time".to_owned(),
            }
        }
        Err(failure)
    }

    /// Turns to TLS with a server that is who it should be. Nothing that came before counts for what comes after.
    pub(super) async fn secured(self, host: &str, config: Arc<ClientConfig>) -> Result<Self, String> {
        let Stream::Clear(stream) = self.stream else { return Err("TLS within TLS".to_owned()) };
        if !self.received.is_empty() {
            return Err("bytes in clear after the answer to StartTLS".to_owned());
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|_| "the server's name is no name".to_owned())?;
        let stream = TlsConnector::from(config).connect(name, stream).await.map_err(|error| failed("TLS", &error))?;
        Ok(Self { stream: Stream::Tls(Box::new(stream)), received: BytesMut::new() })
    }

    /// Sends a question. What came before it was asked answers nothing: then the connection is of no use any more.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        if !self.is_quiet() {
            return Err("the server says what nobody asked for, or ends the connection".to_owned());
        }
        let sent = match &mut self.stream {
            Stream::Clear(stream) => stream.write_all(bytes).await,
            Stream::Tls(stream) => match stream.write_all(bytes).await {
                Ok(()) => stream.flush().await,
                failed => failed,
            },
        };
        sent.map_err(|error| failed("send", &error))
    }

    /// The next message, if it is within the bounds. No more is read than belongs to it and to a chunk after it.
    pub(super) async fn receive(&mut self, bounds: Bounds) -> Result<Message, Unreceived> {
        loop {
            let length = ber::length(&self.received, bounds.bytes)?;
            if let Some(length) = length
                && self.received.len() >= length
            {
                let bytes = self.received.split_to(length);
                let elements = ber::measure(&bytes, bounds.elements)?;
                return Ok(Message { bytes, elements });
            }
            self.received.reserve(CHUNK_BYTES);
            let read = match &mut self.stream {
                Stream::Clear(stream) => stream.read_buf(&mut self.received).await,
                Stream::Tls(stream) => stream.read_buf(&mut self.received).await,
            };
            match read {
                Ok(0) => return Err(Unreceived::Ended("the server ends the connection".to_owned())),
                Ok(_) => {}
                Err(error) => return Err(Unreceived::Ended(failed("receive", &error))),
            }
        }
    }

    /// Whether nothing has come that was not received, not even an end.
    pub(super) fn is_quiet(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        let mut byte = [0];
        let mut byte = ReadBuf::new(&mut byte);
        let read = match &mut self.stream {
            Stream::Clear(stream) => Pin::new(stream).poll_read(&mut context, &mut byte),
            Stream::Tls(stream) => Pin::new(&mut **stream).poll_read(&mut context, &mut byte),
        };
        self.received.is_empty() && read.is_pending()
    }

    /// Waits, without reading anything, until something comes or the connection ends.
    pub(super) async fn disturbed(&mut self) {
        let stream = match &self.stream {
            Stream::Clear(stream) => stream,
            Stream::Tls(stream) => stream.get_ref().0,
        };
        let _ = stream.peek(&mut [0]).await;
    }
}

async fn connected(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn failed(what: &str, error: &io::Error) -> String {
    log_text(&format!("{what}: {error}"), 256)
}
