//! Reads a file of the host. Expected: `policy-error`, since there are no files.

use std::fs;

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    fs::read("/etc/passwd").map_err(|error| error.to_string())?;
    Ok(pass(login))
}
