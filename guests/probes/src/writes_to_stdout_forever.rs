//! Prints without end. Expected: `host-call-budget`.

use vestibule_probes::{Login, Outcome, probe};

probe!(post_auth);

fn post_auth(_: Login) -> Result<Outcome, String> {
    loop {
        println!("again");
    }
}
