//! Threads: those that logins run on, and those for logins whose policies compute for long, and for long bodies.
//!
//! Not for: deciding which login goes where; that is the registry's.

use std::io;

use tokio::runtime::{Builder, Runtime};

/// Priority of the slow lane's threads (`nice`): what is left of the processors goes to them, and no more.
const SLOW: i32 = 10;
/// Threads of the slow lane that policies run on: one that loops cannot keep another tenant's from its turn.
const SLOW_THREADS: usize = 4;

/// One thread for each processor.
pub(crate) fn logins() -> io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().thread_name("vestibule").build()
}

/// Threads that run when others have nothing to do.
pub(crate) fn slow() -> io::Result<Runtime> {
    let step_back = || {
        // Linux has a priority for each thread. Where it cannot be lowered, the lane is only apart.
        if let Err(error) = rustix::process::setpriority_process(None, SLOW) {
            tracing::warn!(%error, "the slow lane has no lower priority");
        }
    };
    Builder::new_multi_thread()
        .worker_threads(SLOW_THREADS)
        .thread_name("vestibule-slow")
        .on_thread_start(step_back)
        .enable_all()
        .build()
}
