//! Answers, then traps when the host lets it clean up. Expected: `trap`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, Ordering};

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

#[global_allocator]
static ALLOCATOR: Trapping = Trapping;

/// Whether the answer is ready. From now on texts, which alone have an alignment of 1, are freed after the host has read them.
static ANSWERED: AtomicBool = AtomicBool::new(false);

struct Trapping;

unsafe impl GlobalAlloc for Trapping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        if ANSWERED.load(Ordering::Relaxed) && layout.align() == 1 {
            std::process::abort();
        }
        unsafe { System.dealloc(at, layout) }
    }
}

fn post_auth(login: Login) -> Result<Outcome, String> {
    let outcome = pass(login);
    ANSWERED.store(true, Ordering::Relaxed);
    Ok(outcome)
}
