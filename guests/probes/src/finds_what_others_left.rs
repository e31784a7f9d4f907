//! Fills all the memory it gets with a mark, after looking for that mark. Expected: allowed, every time.

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

const PAGE: usize = 64 << 10;
const PAGES: usize = 128;
const MARK: u64 = 0x6d61_726b_6d61_726b;

fn post_auth(login: Login) -> Result<Outcome, String> {
    let start = std::arch::wasm32::memory_grow::<0>(PAGES) * PAGE;
    for at in (start..start + PAGES * PAGE).step_by(512) {
        let word = at as *mut u64;
        // SAFETY: these pages were just added and belong to nobody.
        unsafe {
            if word.read_volatile() != 0 {
                return Err(format!("the memory at {at:#x} was used before"));
            }
            word.write_volatile(MARK);
        }
    }
    Ok(pass(login))
}
