//! Ends its process with success instead of answering. Expected: `exited`.

use vestibule_probes::{Login, Outcome, probe};

probe!(post_auth);

fn post_auth(_: Login) -> Result<Outcome, String> {
    std::process::exit(0)
}
