//! Sends a request to an origin that it is not granted. Expected: `capability-denied`.

use vestibule_probes::{Login, Outcome, get, http, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    http::send(&get("https://example.com/")).map_err(|error| error.to_string())?;
    Ok(pass(login))
}
