//! Never gets through its own start. Expected: refused with `out-of-fuel`, since its manifest cannot be asked for.

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

/// A component calls this export of its core module while it is instantiated.
#[unsafe(no_mangle)]
pub extern "C" fn _initialize() {
    loop {
        std::hint::black_box(());
    }
}

fn post_auth(login: Login) -> Result<Outcome, String> {
    Ok(pass(login))
}
