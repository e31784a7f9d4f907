//! Hands the host memory that it does not have, to put the login into. Expected: `invalid-output`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, Ordering};

use vestibule_probes::{Login, Manifest, Outcome, manifest, pass, probe};

probe!(post_auth, plain_manifest);

#[global_allocator]
static ALLOCATOR: Wild = Wild;

/// Whether the policy itself allocates: for its manifest it must.
static AT_HOME: AtomicBool = AtomicBool::new(false);

struct Wild;

unsafe impl GlobalAlloc for Wild {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !AT_HOME.load(Ordering::Relaxed) {
            return 0xffff_0000 as *mut u8;
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
