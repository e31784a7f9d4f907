//! The allocator: here and not beside `main`, so that the tests' executable has the same one.
//!
//! A login makes and drops some hundred small texts; the system's allocator took a quarter of the processor's time for them. After a peak,
//! this one gives memory back to the system within some ten seconds, that of threads which have nothing to do any more as well. With musl
//! it has no thread for that, and what an idle thread has freed stays.

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Gives memory back by a thread of the allocator's own, which has the walls of the thread that calls this.
pub(crate) fn give_back_in_time() {
    if let Err(error) = tikv_jemalloc_ctl::background_thread::write(true) {
        tracing::warn!(%error, "memory is given back only by threads that go on using it");
    }
}
