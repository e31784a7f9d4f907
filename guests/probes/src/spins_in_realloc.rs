//! Spins when the host asks it for memory to put the login into. Expected: `out-of-fuel`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, Ordering};

use vestibule_probes::{Login, Manifest, Outcome, manifest, pass, probe};

probe!(post_auth, plain_manifest);

#[global_allocator]
static ALLOCATOR: Spinning = Spinning;

/// Whether the policy itself allocates: for its manifest it must.
static AT_HOME: AtomicBool = AtomicBool::new(false);

struct Spinning;

unsafe impl GlobalAlloc for Spinning {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        while !AT_HOME.load(Ordering::Relaxed) {
            std::hint::black_box(());
        }
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
}

fn plain_manifest() -> Manifest {
    AT_HOME.store(true, Ordering::Relaxed);
    manifest(env!("CARGO_CRATE_NAME"))
}

fn post_auth(login: Login) -> Result<Outcome, String> {
    Ok(pass(login))
}
