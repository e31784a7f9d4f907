//! Calls itself without end. Expected: `stack-overflow`.

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    std::hint::black_box(deeper(0));
    Ok(pass(login))
}

fn deeper(depth: u64) -> u64 {
    std::hint::black_box(deeper(std::hint::black_box(depth) + 1)) + 1
}
