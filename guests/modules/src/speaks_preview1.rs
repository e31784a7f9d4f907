//! Asks the first WASI for what a C library does: prints, reads the clock and opens a file. Lets users in, with what came of it as the
//! reason.

use vestibule_policy::{Login, Manifest, Outcome, Policy};

/// <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md>
mod preview1 {
    #[repr(C)]
    pub(crate) struct Slice {
        pub(crate) start: *const u8,
        pub(crate) bytes: usize,
    }

    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        pub(crate) fn fd_write(fd: u32, slices: *const Slice, count: usize, written: *mut usize) -> u32;
        pub(crate) fn clock_time_get(clock: u32, precision: u64, nanoseconds: *mut u64) -> u32;
        pub(crate) fn path_open(
            directory: u32,
            flags: u32,
            path: *const u8,
            bytes: usize,
            how: u32,
            rights: u64,
            inherited: u64,
            fd_flags: u32,
            opened: *mut u32,
        ) -> u32;
    }
}

const STDOUT: u32 = 1;
const REALTIME: u32 = 0;
/// The first directory that a program would be given.
const PREOPENED: u32 = 3;

struct SpeaksPreview1;

impl Policy for SpeaksPreview1 {
    fn manifest() -> Manifest {
        Manifest::new("speaks-preview1", "1.0.0", "Prints, reads the clock and opens a file by the first WASI")
    }

    fn post_auth(login: Login) -> Result<Outcome, String> {
        let (printed, seconds, opened) = (print("printed by the first WASI\n"), seconds(), open("/etc/passwd"));
        Ok(login
            .allow()
            .with_reason(format!("printed {printed} bytes at {seconds}, and to open a file was error {opened}")))
    }
}

fn print(text: &str) -> usize {
    let (slice, mut written) = (preview1::Slice { start: text.as_ptr(), bytes: text.len() }, 0);
    // SAFETY: both pointers are to values that outlive the call.
    unsafe { preview1::fd_write(STDOUT, &slice, 1, &mut written) };
    written
}

fn seconds() -> u64 {
    let mut nanoseconds = 0;
    // SAFETY: the pointer is to a value that outlives the call.
    unsafe { preview1::clock_time_get(REALTIME, 1, &mut nanoseconds) };
    nanoseconds / 1_000_000_000
}

fn open(path: &str) -> u32 {
    let mut opened = 0;
    // SAFETY: both pointers are to values that outlive the call.
    unsafe { preview1::path_open(PREOPENED, 0, path.as_ptr(), path.len(), 0, 0, 0, 0, &mut opened) }
}

vestibule_policy::export!(SpeaksPreview1);
