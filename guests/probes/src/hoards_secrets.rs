//! Takes handle after handle and gives none back. Expected: `host-call-budget`.

use vestibule_probes::{Login, Outcome, manifest_with_token, probe, secrets};

probe!(post_auth, || manifest_with_token(env!("CARGO_CRATE_NAME")));

fn post_auth(_: Login) -> Result<Outcome, String> {
    loop {
        std::mem::forget(secrets::get("token"));
    }
}
