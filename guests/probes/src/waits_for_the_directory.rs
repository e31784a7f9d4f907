//! Searches a directory and lets the user in once it has answered. Expected: `deadline` where none ever answers.

use vestibule_probes::{Login, Manifest, Outcome, directory, manifest, pass, probe, search_for};

probe!(post_auth, wanting_directory);

fn wanting_directory() -> Manifest {
    Manifest { wants_directory: true, ..manifest(env!("CARGO_CRATE_NAME")) }
}

fn post_auth(login: Login) -> Result<Outcome, String> {
    directory::search(&search_for(&login.authret.user)).map_err(|error| error.to_string())?;
    Ok(pass(login))
}
