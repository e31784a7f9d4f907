//! Searches a directory that it is not granted, and cannot go on without. Expected: `capability-denied`.

use vestibule_probes::{Login, Outcome, directory, pass, probe, search_for};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    directory::search(&search_for(&login.authret.user)).map_err(|error| error.to_string())?;
    Ok(pass(login))
}
