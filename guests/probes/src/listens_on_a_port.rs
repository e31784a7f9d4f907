//! Waits for connections. Expected: `capability-denied`.

use std::net::{SocketAddr, TcpListener};

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    TcpListener::bind(SocketAddr::from(([0, 0, 0, 0], 1194))).map_err(|error| error.to_string())?;
    Ok(pass(login))
}
