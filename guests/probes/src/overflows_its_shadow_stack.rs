//! Puts ever more onto the stack that it keeps in its own memory. Expected: `trap`, below the first byte.

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

fn post_auth(login: Login) -> Result<Outcome, String> {
    std::hint::black_box(deeper(0));
    Ok(pass(login))
}

/// Large frames: the stack of the contract's own calls has room for many more.
fn deeper(depth: u64) -> u64 {
    let mut frame = [depth; 8192];
    std::hint::black_box(&mut frame);
    std::hint::black_box(deeper(frame[0] + 1)) + frame[1]
}
