//! Searches over and over, whatever the directory says. Expected: `host-call-budget`.

use vestibule_probes::{Login, Manifest, Outcome, directory, manifest, probe, search_for};

probe!(post_auth, wanting_directory);

fn wanting_directory() -> Manifest {
    Manifest { wants_directory: true, ..manifest(env!("CARGO_CRATE_NAME")) }
}

fn post_auth(login: Login) -> Result<Outcome, String> {
    let query = search_for(&login.authret.user);
    loop {
        std::hint::black_box(directory::search(&query).ok());
    }
}
