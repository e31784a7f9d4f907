//! Complains if it is given variables or arguments. Expected: allowed.

use std::env;

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let variables: Vec<_> = env::vars_os().collect();
    let arguments: Vec<_> = env::args_os().collect();
    if variables.is_empty() && arguments.is_empty() {
        Ok(pass(login))
    } else {
        Err(format!("the host gave {variables:?} and {arguments:?}"))
    }
}
