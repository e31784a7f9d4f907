//! Panics with half a megabyte to say. Expected: `trap`; the log keeps a line of it.

use vestibule_probes::{Login, Outcome, probe};

probe!(post_auth);

fn post_auth(_: Login) -> Result<Outcome, String> {
    panic!("{}", "no room ".repeat(1 << 16))
}
