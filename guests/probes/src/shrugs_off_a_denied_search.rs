//! Searches a directory that it is not granted, and goes on without. Expected: allowed.

use vestibule_probes::{Login, Outcome, directory, pass, probe, search_for};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    match directory::search(&search_for(&login.authret.user)) {
        Err(directory::Error::Denied(_)) => Ok(pass(login)),
        answer => Err(format!("the directory answered {answer:?}")),
    }
}
