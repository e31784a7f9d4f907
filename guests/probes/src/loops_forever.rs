//! Loops forever. Expected: `out-of-fuel`.

use vestibule_probes::{Login, Outcome, probe};

probe!(post_auth);

fn post_auth(_: Login) -> Result<Outcome, String> {
    loop {
        std::hint::black_box(());
    }
}
