//! Ends its process when asked what it is. Expected: refused with `exited`.

use vestibule_probes::{Login, Manifest, Outcome, pass, probe};

probe!(post_auth, exiting);

fn exiting() -> Manifest {
    std::process::exit(0)
}

fn post_auth(login: Login) -> Result<Outcome, String> {
    Ok(pass(login))
}
