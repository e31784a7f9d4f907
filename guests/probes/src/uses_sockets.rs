//! Opens a connection. Expected: `capability-denied`.

use std::net::{SocketAddr, TcpStream};

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], 389))).map_err(|error| error.to_string())?;
    Ok(pass(login))
}
