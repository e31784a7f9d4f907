//! The executable `vestibule`.

use std::process::ExitCode;

/// A login makes and drops some hundred small texts; the system's allocator took a quarter of the processor's time for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    vestibule::main()
}
