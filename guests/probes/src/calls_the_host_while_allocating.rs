//! Calls the host when the host asks it for memory, which no component may. Expected: `trap`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, Ordering};

use vestibule_probes::{Login, Manifest, Outcome, config, manifest, pass, probe};

probe!(post_auth, plain_manifest);

#[global_allocator]
static ALLOCATOR: Calling = Calling;

/// Whether the policy itself allocates: for its manifest it must.
static AT_HOME: AtomicBool = AtomicBool::new(false);

struct Calling;

unsafe impl GlobalAlloc for Calling {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !AT_HOME.load(Ordering::Relaxed) {
            std::hint::black_box(config::all());
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
