//! Allocates until there is no memory, and takes no for an answer. Expected: allowed.

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    loop {
        let mut more = Vec::new();
        if more.try_reserve_exact(1 << 20).is_err() {
            break;
        }
        hoard.push(std::hint::black_box(more));
    }
    drop(hoard);
    Ok(pass(login))
}
