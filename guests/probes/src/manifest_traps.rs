//! Traps when asked what it is. Expected: refused with `trap`.

use vestibule_probes::{Login, Manifest, Outcome, pass, probe};

probe!(post_auth, trapping);

fn trapping() -> Manifest {
    std::arch::wasm32::unreachable()
}

fn post_auth(login: Login) -> Result<Outcome, String> {
    Ok(pass(login))
}
