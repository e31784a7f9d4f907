//! Panics. Expected: `trap`.

use vestibule_probes::{Login, Outcome, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    panic!("no room for `{}`", login.authret.user)
}
