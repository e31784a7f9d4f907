//! Never says what it is. Expected: refused with `out-of-fuel`.

use vestibule_probes::{Login, Manifest, Outcome, pass, probe};

probe!(post_auth, endless);

fn endless() -> Manifest {
    loop {
        std::hint::black_box(());
    }
}

fn post_auth(login: Login) -> Result<Outcome, String> {
    Ok(pass(login))
}
