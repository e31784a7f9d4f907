//! Writes a file. Expected: `policy-error`, since there is no place for one.

use std::fs;

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    fs::write("/tmp/vestibule-probe", b"was here").map_err(|error| error.to_string())?;
    Ok(pass(login))
}
