//! One request and its reply: sent again while nothing that can be believed comes back (RFC 5080, section 2.2.1).
//!
//! Not for: another server.

use std::io;
use std::net::SocketAddr;

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};
use vestibule_domain::text::log_text;

use super::packet::{Ignored, Packet, Request};
use super::settings::RadiusSettings;
use crate::name::Name;

/// A reply of the largest packet, and one byte to see what is larger.
const BUFFER_BYTES: usize = 4097;

/// Who is asked, and until when.
pub(super) struct Exchange<'a> {
    pub(super) settings: &'a RadiusSettings,
    pub(super) server: &'a Name,
    pub(super) deadline: Instant,
}

impl Exchange<'_> {
    /// Sends a request until a reply can be believed. It ends at the deadline, whatever stalls.
    ///
    /// # Errors
    /// There was none; what came instead is told.
    pub(super) async fn run(&self, request: &Request) -> Result<Packet, String> {
        let addresses = timeout_at(self.deadline, self.server.addresses()).await.map_err(|_| late())??;
        let address = addresses.first().ok_or("the name has no address")?;
        // Its own port: no reply to another login can be taken for one to this.
        let socket = connect(*address).await.map_err(|error| failed(&error))?;
        let mut ignored = None;
        for _ in 0..=self.settings.retries {
            let until = self.deadline.min(Instant::now() + self.settings.timeout());
            match timeout_at(until, self.sent(&socket, request, &mut ignored)).await {
                Ok(reply) => return reply.map_err(|error| failed(&error)),
                Err(_) if Instant::now() >= self.deadline => break,
                Err(_) => {}
            }
        }
        let ignored = ignored.map(|why: Ignored| format!("; what came was ignored: {why}")).unwrap_or_default();
        Err(format!("{}{ignored}", late()))
    }

    async fn sent(&self, socket: &UdpSocket, request: &Request, ignored: &mut Option<Ignored>) -> io::Result<Packet> {
        socket.send(&request.bytes).await?;
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let length = socket.recv(&mut buffer).await?;
            match request.believe(buffer.get(..length).unwrap_or_default(), self.settings) {
                Ok(reply) => return Ok(reply),
                Err(why) => *ignored = Some(why),
            }
        }
    }
}

async fn connect(address: SocketAddr) -> io::Result<UdpSocket> {
    let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(address).await?;
    Ok(socket)
}

fn late() -> String {
    "no answer in time".to_owned()
}

fn failed(error: &io::Error) -> String {
    log_text(&error.to_string(), 128)
}
