//! Starts a thread. Expected: `policy-error`, since there are none.

use std::thread;

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let endless = || loop {
        thread::yield_now();
    };
    thread::Builder::new().spawn(endless).map_err(|error| error.to_string())?;
    Ok(pass(login))
}
