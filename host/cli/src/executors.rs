//! Threads: those that logins run on, and those of low priority for what takes one for long.
//!
//! Not for: deciding what goes where; that is the registry's, and the server's.

use std::io;

use tokio::runtime::{Builder, Runtime};

use crate::machine;

/// Priority of threads for what takes long (`nice`): what is left of the processors goes to them, and no more.
const LOW: i32 = 10;
/// Threads for slow policies, for each that may compute at once: with one to spare, those that have to wait stand in line, and their
/// turns are their tenants', not those of a queue of the runtime's.
const POLICIES: u64 = 2;

/// Threads that run when others have nothing to do, and stay as long as the host.
pub(crate) struct Executors {
    /// For logins whose policies compute for long.
    pub(crate) policies: Runtime,
    /// For long bodies.
    pub(crate) bodies: Runtime,
}

/// One thread for each processor.
pub(crate) fn logins() -> io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().thread_name("vestibule").build()
}

impl Executors {
    /// # Errors
    /// The machine has no more threads.
    pub(crate) fn new() -> io::Result<Self> {
        let processors = machine::processors();
        Ok(Self {
            policies: low("vestibule-slow", processors.saturating_mul(POLICIES))?,
            bodies: low("vestibule-long", processors)?,
        })
    }

    /// Waits for nothing that is under way on them.
    pub(crate) fn end(self) {
        self.policies.shutdown_background();
        self.bodies.shutdown_background();
    }
}

fn low(name: &str, threads: u64) -> io::Result<Runtime> {
    let step_back = || {
        // Linux has a priority for each thread. Where it cannot be lowered, they are only apart.
        if let Err(error) = rustix::process::setpriority_process(None, LOW) {
            tracing::warn!(%error, "threads for what takes long have no lower priority");
        }
    };
    Builder::new_multi_thread()
        .worker_threads(usize::try_from(threads).unwrap_or(1).max(1))
        .thread_name(name)
        .on_thread_start(step_back)
        .enable_all()
        .build()
}
