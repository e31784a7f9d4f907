//! Files that the process may have open, and how many connections they and the memory allow.
//!
//! Not for: who gets a connection.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::connection::MAX_CONNECTION_BYTES;

/// The most files that are asked for: all connections, and much more.
const ENOUGH: u64 = 65_536;
/// The most connections, however much there is.
const MOST: u64 = 16_384;
/// Files that connections leave for the store, compilers, directories and uploads; half of all, if there are fewer than twice as many.
const RESERVE: u64 = 512;
/// The part of the host's memory that connections may take.
const PART_OF_MEMORY: u64 = 16;

/// Raises how many files may be open to what the system allows without asking.
pub fn raise_files() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(ENOUGH).min(ENOUGH);
    if current.is_some_and(|current| current < wanted)
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum })
    {
        tracing::warn!(%error, ?current, wanted, "more files cannot be opened at once");
    }
}

/// How many connections a host with so much memory may have: what open files, memory and sense allow.
pub fn connections(memory_bytes: u64) -> u64 {
    allowed(getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX), memory_bytes)
}

/// How many files connections leave for the work of a host with so much memory.
pub fn files_for_work(memory_bytes: u64) -> u64 {
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    files.saturating_sub(allowed(files, memory_bytes))
}

fn allowed(files: u64, memory_bytes: u64) -> u64 {
    let by_files = files.saturating_sub(RESERVE.min(files / 2));
    let by_memory = memory_bytes / PART_OF_MEMORY / MAX_CONNECTION_BYTES;
    MOST.min(by_files).min(by_memory).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn connections_leave_files_and_memory_for_the_work(files in 2_u64..1 << 40, memory in 1_u64 << 20..1 << 50) {
            let connections = allowed(files, memory);
            prop_assert!((1..=MOST).contains(&connections));
            prop_assert!(files - connections >= RESERVE.min(files / 2));
            prop_assert!(connections * MAX_CONNECTION_BYTES <= memory / PART_OF_MEMORY);
        }
    }

    #[test]
    fn the_usual_limits_allow_what_they_should() {
        assert_eq!(allowed(1_024, 4 << 30), 512);
        assert_eq!(allowed(ENOUGH, 4 << 30), 2_048);
        assert_eq!(allowed(u64::MAX, u64::MAX), MOST);
    }
}
