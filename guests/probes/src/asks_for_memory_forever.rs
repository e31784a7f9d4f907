//! Asks for another page of memory over and over, whatever the host says. Expected: `out-of-memory`, long before its fuel is used up.

use vestibule_probes::{Login, Outcome, probe};

probe!(post_auth);

fn post_auth(_: Login) -> Result<Outcome, String> {
    loop {
        std::hint::black_box(std::arch::wasm32::memory_grow(0, 1));
    }
}
