//! Allocates until there is no memory, and gives up. Expected: `out-of-memory`.

use vestibule_probes::{Login, Outcome, probe};

probe!(post_auth);

fn post_auth(_: Login) -> Result<Outcome, String> {
    loop {
        std::mem::forget(std::hint::black_box(Vec::<u8>::with_capacity(1 << 20)));
    }
}
