//! Prints half a megabyte without a line break. Expected: allowed; one line of it kept.

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    print!("{}", "x".repeat(1 << 19));
    Ok(pass(login))
}
