//! Asks for a setting whose name has a megabyte, over and over. Expected: `out-of-fuel`.

use vestibule_probes::{Login, Outcome, config, probe};

probe!(post_auth);

fn post_auth(_: Login) -> Result<Outcome, String> {
    let name = "x".repeat((1 << 20) - 64);
    loop {
        std::hint::black_box(config::get(&name));
    }
}
