//! Sends a datagram. Expected: `capability-denied`.

use std::net::UdpSocket;

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    UdpSocket::bind("0.0.0.0:0")
        .and_then(|socket| socket.send_to(b"hello", "127.0.0.1:53"))
        .map_err(|error| error.to_string())?;
    Ok(pass(login))
}
