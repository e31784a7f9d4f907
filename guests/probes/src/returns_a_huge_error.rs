//! Returns an error of half a megabyte. Expected: `policy-error`, cut to 4 KiB at most.

use vestibule_probes::{Login, Outcome, probe};

probe!(post_auth);

fn post_auth(_: Login) -> Result<Outcome, String> {
    Err("é".repeat(1 << 18))
}
