//! Calls itself a path out of its directory. Expected: refused with `invalid-output`.

use vestibule_probes::{Login, Outcome, manifest, pass, probe};

probe!(post_auth, || manifest("../../etc"));

fn post_auth(login: Login) -> Result<Outcome, String> {
    Ok(pass(login))
}
