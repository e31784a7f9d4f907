//! What the machine has: memory and processors, or as much of them as this process may use.
//!
//! Not for: how a host divides them; see [`vestibule_ledger::Ledger`].

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

/// Where control groups are mounted: all controllers together (version 2), or memory by itself (version 1).
const GROUPS: [(&str, &str); 2] =
    [("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")];

/// What this process can use of the machine's memory in bytes: all of it, or what its control groups leave.
pub(crate) fn memory_bytes() -> u64 {
    let info = rustix::system::sysinfo();
    let all = u64::from(info.mem_unit).max(1).saturating_mul(info.totalram);
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    limits(&groups, &|file| fs::read_to_string(file).ok()).fold(all, u64::min)
}

/// Processors that this process may use.
pub(crate) fn processors() -> u64 {
    thread::available_parallelism().map_or(1, |count| count.get() as u64)
}

/// The limits of the groups that `/proc/self/cgroup` names, and of those that they are in.
fn limits(groups: &str, read: &impl Fn(&Path) -> Option<String>) -> impl Iterator<Item = u64> {
    let files = groups.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?);
        let [all, memory] = GROUPS;
        let (root, file) = match controllers {
            "" => all,
            named if named.split(',').any(|name| name == "memory") => memory,
            _ => return None,
        };
        Some((PathBuf::from(root), PathBuf::from(path.trim_start_matches('/')), file))
    });
    // In a container the paths may be those of the machine, of which only the root is there.
    files.flat_map(|(root, path, file)| {
        let up = path.ancestors().map(|path| root.join(path).join(file)).collect::<Vec<_>>();
        up.into_iter().filter_map(|file| read(&file)?.trim().parse().ok())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn least(groups: &str, files: &[(&str, &str)]) -> Option<u64> {
        let read = |path: &Path| {
            let text = files.iter().find(|(name, _)| Path::new(name) == path)?.1;
            Some(text.to_owned())
        };
        limits(groups, &read).min()
    }

    #[test]
    fn the_smallest_limit_on_the_way_up_counts() {
        let files = [
            ("/sys/fs/cgroup/a/b/memory.max", "max\n"),
            ("/sys/fs/cgroup/a/memory.max", "1073741824\n"),
            ("/sys/fs/cgroup/memory.max", "2147483648\n"),
        ];
        assert_eq!(least("0::/a/b\n", &files), Some(1 << 30));
        assert_eq!(least("0::/elsewhere\n", &files), Some(2 << 30));
    }

    #[test]
    fn older_machines_limit_memory_by_itself() {
        let files = [("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1000\n")];
        assert_eq!(least("5:cpu,memory:/a\n4:cpuset:/\n0::/\n", &files), Some(1_000));
        assert_eq!(least("5:cpu:/a\n", &files), None);
    }

    #[test]
    fn every_machine_has_some() {
        assert!(memory_bytes() > 1 << 20 && processors() > 0);
    }

    proptest! {
        #[test]
        fn any_text_is_read(groups: String, limit: String) {
            let _ = limits(&groups, &|_| Some(limit.clone())).count();
        }
    }
}
