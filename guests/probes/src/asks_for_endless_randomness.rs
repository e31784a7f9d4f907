//! Asks for more random bytes than there is memory on earth. Expected: `host-call-budget`.

use vestibule_probes::{Login, Outcome, pass, probe, random};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    std::hint::black_box(random::get_random_bytes(u64::MAX));
    Ok(pass(login))
}
