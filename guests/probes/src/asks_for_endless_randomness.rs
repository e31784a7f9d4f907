//! Asks for more random bytes than its memory can ever hold. Expected: `host-call-budget`.

use vestibule_probes::{Login, Outcome, pass, probe, random};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    std::hint::black_box(random::bytes(u32::MAX));
    Ok(pass(login))
}
