//! Answers, then loops when the host lets it clean up. Expected: `out-of-fuel`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, Ordering};

use vestibule_probes::{Login, Outcome, pass, probe};

probe!(post_auth);

#[global_allocator]
static ALLOCATOR: Spinning = Spinning;

/// Whether the answer is ready. From now on texts, which alone have an alignment of 1, are freed after the host has read them.
static ANSWERED: AtomicBool = AtomicBool::new(false);

struct Spinning;

unsafe impl GlobalAlloc for Spinning {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        while ANSWERED.load(Ordering::Relaxed) && layout.align() == 1 {
            std::hint::black_box(());
        }
        unsafe { System.dealloc(at, layout) }
    }
}

fn post_auth(login: Login) -> Result<Outcome, String> {
    let outcome = pass(login);
    ANSWERED.store(true, Ordering::Relaxed);
    Ok(outcome)
}
